import Support

extension WeightsFile {
  /// What stands in the place of an ONNX file and is known to be none: with the command that makes one of it.
  /// - Returns: nil for what may be an ONNX file, if a damaged one, and for what cannot be opened: whoever opens it says why.
  public static func insteadOfONNX(_ path: String) -> Problem? {
    let expected = "an ONNX file"
    if FileKind(of: path) == .folder {
      return named(ForeignFormat.folder(path).problem(file: path, expected: expected))
    }
    guard let file = try? HeldFile(path: path, kind: kind) else { return nil }
    let bytes = file.fileBytes
    let isWeights =
      ContentKind.hasSafetensorsHeader(bytes)
      || WeightsReader.of(bytes, name: path, among: WeightsReader.single).name == WeightsReader.pickles.name
    guard isWeights else {
      guard let found = ForeignFormat.recognise(bytes, name: path), found != .onnx else { return nil }
      return named(found.problem(file: path, expected: expected))
    }
    do throws(Problem) {
      let weights = try WeightsFile.open(path)
      return .usage(
        at: Place(file: path), "expected \(expected), found weights without a network (\(weights.format))",
        remedy:
          "Where they fit an architecture (`heatdrift weights inspect` tells) name that and `weights`; else export the network "
          + "where it was made: torch.onnx.export(model.eval(), (torch.zeros(1, 3, 224, 224),), \"model.onnx\").")
    } catch {
      var problem = error
      problem.message.replace("expected a state dict", with: "expected \(expected)")
      return problem
    }
  }

  private static func named(_ problem: Problem) -> Problem {
    var problem = problem
    if problem.remedy == ForeignFormat.nameTheFile { problem.remedy = "Name the ONNX file itself in `network`." }
    return problem
  }
}
