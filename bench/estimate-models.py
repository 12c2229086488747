"""Writes the ONNX models that `npm run bench -- estimate` judges estimates by: python3 bench/estimate-models.py FOLDER

Needs PyTorch and torchvision (Debian: python3-torch, python3-torchvision), on which wattsplit itself never rests.
FOLDER/table holds one model of each family that people take as it comes, FOLDER/judged others of the same families at
other widths, depths and image sizes, FOLDER/drawn and FOLDER/redrawn ten of these drawn by chance, FOLDER/others families of which the table holds
none. Weights are random: no kernel's time depends on them.
"""

import math
import random
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


def efficientnet_lite(width=1.0, depth=1.0):
    """EfficientNet without gates and with ReLU6, its stem and head of fixed width (tensorflow/tpu, efficientnet/lite)."""

    def conv(ins, outs, size, stride=1, groups=1, is_active=True):
        layers = [
            nn.Conv2d(ins, outs, size, stride, size // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outs),
        ]
        return [*layers, nn.ReLU6()] if is_active else layers

    class Block(nn.Module):
        def __init__(self, ins, outs, size, stride, expansion):
            super().__init__()
            inner = ins * expansion
            self.layers = nn.Sequential(
                *(conv(ins, inner, 1) if expansion > 1 else []),
                *conv(inner, inner, size, stride, groups=inner),
                *conv(inner, outs, 1, is_active=False),
            )
            self.adds = stride == 1 and ins == outs

        def forward(self, image):
            return image + self.layers(image) if self.adds else self.layers(image)

    plan = [(1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)]
    layers, ins = conv(3, 32, 3, 2), 32
    for i, (expansion, channels, repeats, stride, size) in enumerate(plan):
        outs = round(channels * width / 8) * 8
        repeats = repeats if i in (0, len(plan) - 1) else math.ceil(repeats * depth)
        for repeat in range(repeats):
            layers.append(Block(ins, outs, size, stride if repeat == 0 else 1, expansion))
            ins = outs
    return nn.Sequential(*layers, *conv(ins, 1280, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))


def resnet(block, repeats, width_per_group=64):
    return models.resnet.ResNet(block, repeats, width_per_group=width_per_group)


def shufflenet_v2(multiplier, repeats=(4, 8, 4)):
    widths = [24, *[round(channels * multiplier / 4) * 4 for channels in (116, 232, 464)], 1024]
    return models.shufflenetv2.ShuffleNetV2(list(repeats), widths)


def vgg(layers, width=1.0):
    """Simonyan and Zisserman 2015, table 1."""
    plan = [int(v * width) if v != "M" else v for v in models.vgg.cfgs[layers]]
    made = models.vgg.VGG(models.vgg.make_layers(plan), init_weights=False)
    made.classifier[0] = nn.Linear(plan[-2] * 49, 4096)
    return made


TABLE = {
    "mobilenet_v1": (mobilenet_v1, 224),
    "mobilenet_v2": (models.mobilenet_v2, 224),
    "resnet18": (models.resnet18, 224),
    "resnet50": (models.resnet50, 224),
    "shufflenet_v2_x1_0": (models.shufflenet_v2_x1_0, 224),
    "squeezenet1_1": (models.squeezenet1_1, 224),
    "efficientnet_lite0": (efficientnet_lite, 224),
    "vgg11": (lambda: vgg("A"), 224),
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
}

SIZES = (128, 160, 192, 224, 256)
MULTIPLES = (0.35, 0.5, 0.6, 0.75, 0.85, 1.0, 1.1, 1.25, 1.4)


def drawn(chance):
    """Ten models: one of each family of FAMILIES and two more, at widths, depths and image sizes drawn by chance."""
    names = [*FAMILIES, *chance.sample(list(FAMILIES), 2)]
    found = {}
    for name in names:
        label, make, size = FAMILIES[name](chance)
        while f"{label}_{size}" in OWN | found.keys():
            label, make, size = FAMILIES[name](chance)
        found[f"{label}_{size}"] = (make, size)
    return found


# The table's own models, as draws would call them.
OWN = {
    *("mobilenet_v1_x1.0_224", "mobilenet_v2_x1.0_224", "resnet_basic_2-2-2-2_w64_224", "resnet_bottleneck_3-4-6-3_w64_224"),
    *("squeezenet1_1_224", "efficientnet_lite_x1.0_d1.0_224", "shufflenet_v2_x1.0_4-8-4_224", "vgg_A_x1.0_224"),
}


def of_multiple(label, make, multiples=MULTIPLES):
    def draw(chance):
        multiple, size = chance.choice(multiples), chance.choice(SIZES)
        return f"{label}_x{multiple}", lambda: make(multiple), size

    return draw


def draw_mobilenet_v3(chance):
    kind, multiple, size = chance.choice(("small", "large")), chance.choice((0.75, 1.0, 1.25)), chance.choice(SIZES)
    make = getattr(models, f"mobilenet_v3_{kind}")
    return f"mobilenet_v3_{kind}_x{multiple}", lambda: make(width_mult=multiple), size


def draw_resnet(chance):
    kind = chance.choice(("basic", "bottleneck"))
    repeats = [chance.choice((1, 2, 3, 4)) for _ in range(4)]
    width = 64 if kind == "basic" else chance.choice((32, 48, 64, 80))
    block = models.resnet.BasicBlock if kind == "basic" else models.resnet.Bottleneck
    label = f"resnet_{kind}_{'-'.join(map(str, repeats))}_w{width}"
    return label, lambda: resnet(block, repeats, width), chance.choice(SIZES)


def draw_squeezenet(chance):
    version = chance.choice(("1_0", "1_1"))
    return f"squeezenet{version}", getattr(models, f"squeezenet{version}"), chance.choice(SIZES)


def draw_efficientnet_lite(chance):
    width, depth = chance.choice(((1.0, 1.0), (1.0, 1.1), (1.1, 1.2), (1.2, 1.4), (0.75, 1.0)))
    return f"efficientnet_lite_x{width}_d{depth}", lambda: efficientnet_lite(width, depth), chance.choice(SIZES)


def draw_shufflenet(chance):
    multiple = chance.choice((0.5, 0.75, 1.0, 1.25, 1.5))
    repeats = chance.choice(((4, 8, 4), (3, 6, 3), (4, 10, 4)))
    label = f"shufflenet_v2_x{multiple}_{'-'.join(map(str, repeats))}"
    return label, lambda: shufflenet_v2(multiple, repeats), chance.choice(SIZES)


def draw_vgg(chance):
    letter, width = chance.choice("ABDE"), chance.choice((0.5, 0.75, 1.0))
    return f"vgg_{letter}_x{width}", lambda: vgg(letter, width), 224


FAMILIES = {
    "mobilenet_v1": of_multiple("mobilenet_v1", mobilenet_v1),
    "mobilenet_v2": of_multiple("mobilenet_v2", lambda multiple: models.mobilenet_v2(width_mult=multiple)),
    "mobilenet_v3": draw_mobilenet_v3,
    "resnet": draw_resnet,
    "squeezenet": draw_squeezenet,
    "efficientnet_lite": draw_efficientnet_lite,
    "shufflenet": draw_shufflenet,
    "vgg": draw_vgg,
}


def main(folder):
    torch.manual_seed(0)
    parts = {"table": TABLE, "judged": JUDGED, "drawn": drawn(random.Random(20261126)), "redrawn": drawn(random.Random(20261127)), "others": OTHERS}
    for part, kinds in parts.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        for name, (make, size) in kinds.items():
            image = torch.randn(1, 3, size, size)
            path = folder / part / f"{name}.onnx"
            torch.onnx.export(make().eval(), image, path, opset_version=13, input_names=["image"])
            print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
