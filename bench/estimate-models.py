"""Writes the ONNX models that `npm run bench -- estimate` judges estimates by: python3 bench/estimate-models.py FOLDER

Needs PyTorch and torchvision (Debian: python3-torch, python3-torchvision), on which wattsplit itself never rests.
FOLDER/table holds one model of each family that people take as it comes, FOLDER/judged others of the same families at
other widths, depths and image sizes, FOLDER/others families of which the table holds none. Weights are random: no
kernel's time depends on them.
"""

import sys
from pathlib import Path

import torch
from torch import nn
from torchvision import models


def mobilenet_v1(multiplier=1.0):
    """Howard et al. 2017, table 1."""

    def conv(ins, outs, size, stride, groups=1):
        return [
            nn.Conv2d(ins, outs, size, stride, size // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outs),
            nn.ReLU(),
        ]

    width = int(32 * multiplier)
    layers = conv(3, width, 3, 2)
    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    for channels, stride in plan:
        outs = int(channels * multiplier)
        layers += [*conv(width, width, 3, stride, groups=width), *conv(width, outs, 1, 1)]
        width = outs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 1000))


TABLE = {
    "mobilenet_v1": (mobilenet_v1, 224),
    "mobilenet_v2": (models.mobilenet_v2, 224),
    "resnet18": (models.resnet18, 224),
    "resnet50": (models.resnet50, 224),
    "shufflenet_v2_x1_0": (models.shufflenet_v2_x1_0, 224),
    "squeezenet1_1": (models.squeezenet1_1, 224),
    # Image sizes are half of what a shape is: a table of one size knows nothing of others.
    "mobilenet_v2_128": (models.mobilenet_v2, 128),
    "resnet18_128": (models.resnet18, 128),
}

JUDGED = {
    "mnasnet1_0": (models.mnasnet1_0, 224),
    "mobilenet_v1_x0.5_192": (lambda: mobilenet_v1(0.5), 192),
    "mobilenet_v1_x0.75": (lambda: mobilenet_v1(0.75), 224),
    "mobilenet_v2_160": (models.mobilenet_v2, 160),
    "mobilenet_v2_x0.75": (lambda: models.mobilenet_v2(width_mult=0.75), 224),
    "mobilenet_v2_x1.4": (lambda: models.mobilenet_v2(width_mult=1.4), 224),
    "resnet18_192": (models.resnet18, 192),
    "resnet34": (models.resnet34, 224),
    "resnet50_half": (lambda: models.resnet50(width_per_group=32), 224),
    "shufflenet_v2_x1_5": (models.shufflenet_v2_x1_5, 224),
    "squeezenet1_0": (models.squeezenet1_0, 224),
}

OTHERS = {
    "alexnet": (models.alexnet, 224),
    "densenet121": (models.densenet121, 224),
    "efficientnet_b0": (models.efficientnet_b0, 224),
    "googlenet": (lambda: models.googlenet(aux_logits=False, init_weights=False), 224),
    "mobilenet_v3_large": (models.mobilenet_v3_large, 224),
    "mobilenet_v3_small": (models.mobilenet_v3_small, 224),
    "regnet_x_400mf": (models.regnet_x_400mf, 224),
    "resnext50_32x4d": (models.resnext50_32x4d, 224),
    "vgg11": (models.vgg11, 224),
}


def main(folder):
    torch.manual_seed(0)
    for part, kinds in {"table": TABLE, "judged": JUDGED, "others": OTHERS}.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        for name, (make, size) in kinds.items():
            image = torch.randn(1, 3, size, size)
            path = folder / part / f"{name}.onnx"
            torch.onnx.export(make().eval(), image, path, opset_version=13, input_names=["image"])
            print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
