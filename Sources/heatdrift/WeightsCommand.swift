import ArgumentParser

struct WeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights",
    abstract: "Shows what a weights file holds, and writes it again as safetensors.",
    discussion: """
      Files of safetensors, of torch.save (.pth, .pt, .bin; also those from before PyTorch 1.6) and pickles of NumPy \
      arrays are told by their content. Of a pickle only tensors are read: whatever else it asks for is refused by \
      name, and nothing in it is ever run.
      """,
    subcommands: [WeightsInspectCommand.self, WeightsConvertCommand.self])
}
