/** Command lines shown below a command's help, by the command's words; every command has some. */
export const examples: Readonly<Record<string, readonly string[]>> = {
  quickstart: ["quickstart", "quickstart --out demo --budget 0.4 --assume-power 5"],
  devices: ["devices", "devices --json"],
  "devices list": ["devices list"],
  "devices probe": ["devices probe local"],
  "devices add": ["devices add board --like generic-linux --address pi@board"],
  "devices trace": ["devices trace energy.csv"],
  profile: [
    "profile --net mnist-cnn --db energy.db",
    "profile --net mobilenet-v1-cifar --time-limit 30m --dry-run",
  ],
  query: ["query platforms --db energy.db", "query kernels --op conv2d"],
  "query cost": ["query cost --op conv2d --kernel 3 --in 14x14x16 --out 32"],
  "query network": ["query network mobilenet-v1-cifar --multiplier 0.25 --db energy.db"],
  "query marginal": [
    "query marginal --op conv2d --kernel 3 --in 14x14x16 --out 32 --by 8",
    "query marginal --net found/network.json --layer conv2 --by 16",
  ],
  "query stairs": ["query stairs --op conv2d"],
  "query kernels": ["query kernels --op conv2d --json"],
  "query platforms": ["query platforms --db energy.db"],
  serve: ["serve --db energy.db --port 8080", "serve --db energy.db --search found"],
  search: [
    "search --net mnist-cnn --data mnist --latency-ms 0.2 --out found",
    "search --net mnist-cnn --data mnist --energy-mj 1 --recipe quick --out found --resume",
  ],
  train: [
    "train --net mnist-cnn --data mnist --out trained",
    "train --net found/network.json --data mnist --optimizer adam --out trained --resume",
    "train --net gcn --data cora:planetoid --optimizer sgd-kfac --out trained",
  ],
  verify: ["verify found", "verify --net mnist-cnn --multiplier 0.5 1 --db energy.db"],
  report: ["report found", "report --db energy.db -o costs.html", "report found -o -"],
  table: ["table check --db energy.db"],
  "table check": ["table check --db energy.db --strict"],
  data: ["data fetch cifar10"],
  "data fetch": ["data fetch cifar10", "data fetch mnist --folder data"],
  agent: ["agent --runtime ort-cpu --meters rapl"],
  completion: [
    "completion bash > ~/.local/share/bash-completion/completions/wattsplit",
    "completion fish > ~/.config/fish/completions/wattsplit.fish",
  ],
};
