import ArgumentParser

struct WeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights",
    abstract: "Shows what a weights file holds, and writes it again as safetensors.",
    discussion: """
      Files of safetensors, of torch.save (.pth, .pt, .bin; also those from before PyTorch 1.6), pickles of NumPy \
      arrays and indices of shards are told by their content. Nothing in a pickle is ever run: what is no tensor is \
      passed over, and only a tensor that depends on it is refused.
      """,
    subcommands: [WeightsInspectCommand.self, WeightsConvertCommand.self])
}
