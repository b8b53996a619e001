import Foundation
import Images
import ONNX
import Support

/// What a network from an ONNX file takes: nothing of it is guessed, since such files do not say what the network was trained
/// with.
struct NetworkInput {
  let file: ExperimentPath
  /// Where the experiment names the file.
  let place: Place

  init(_ file: ExperimentPath, named place: Place) {
    self.file = file
    self.place = place
  }

  /// - Parameters:
  ///   - keys: those of the model over those at the top of the file.
  ///   - name: of the model's own mapping, for messages.
  ///   - inputPlace: of that mapping, or of the model where there is none.
  /// - Throws: `Problem` where `size`, `mean` or `std` is missing, with what the file says of its input and what it could be.
  func options(_ keys: InputKeys, name: String, at inputPlace: Place) throws(Problem) -> InputOptions {
    guard let size = keys.size, let mean = keys.mean, let deviation = keys.standardDeviation else {
      throw try incomplete(keys, name: name, at: inputPlace)
    }
    let channels = mean.numbers.count
    guard deviation.numbers.count == channels else {
      throw .usage(
        at: deviation.place, "`\(deviation.name)` lists \(deviation.numbers.count) numbers and `mean` \(channels)",
        remedy: "Write as many as the network's images have channels: 3, or 1 for grey.")
    }
    if channels == 1, keys.channels == .bgr {
      throw .usage(
        at: inputPlace,
        "`\(name).channels` does not go with a `mean` of one number: grey images have no order of colours",
        remedy: "Leave it out, or give 3 numbers.")
    }
    // The margin around the centre is ImageNet's: 256 pixels for 224.
    var options = InputOptions(
      size: size,
      normalisation: Normalisation(
        mean: [Double](repeating: 0, count: channels), standardDeviation: [Double](repeating: 1, count: channels)),
      fit: .squash, resize: Int((Double(size) * 256 / 224).rounded()))
    try keys.apply(to: &options)
    return options
  }

  private func incomplete(_ keys: InputKeys, name: String, at inputPlace: Place) throws(Problem) -> Problem {
    let missing = [
      keys.size == nil ? "`size`" : nil, keys.mean == nil ? "`mean`" : nil,
      keys.standardDeviation == nil ? "`std`" : nil,
    ].compactMap { $0 }
    let model = try ONNXFile.open(network: file, at: place, for: .reading)
    let image = model.image
    let channels = (image?.channels ?? keys.mean?.numbers.count) == 1 ? 1 : 3
    let known = model.inputs.map(\.summary).joined(separator: "; ")
    let examples = Preprocessing.all.all.filter { $0.isOffered }.compactMap { preprocessing in
      preprocessing.written(size: keys.size ?? image?.size, channels: channels).map {
        "input: \($0)  # \(preprocessing.key): \(preprocessing.title)"
      }
    }
    var problem = Problem.usage(
      at: inputPlace,
      "\(listInWords(missing)) of `\(name)` \(missing.count == 1 ? "is" : "are") missing, which \(file.fileName) does not "
        + "say; its input is \(known)"
        + (image.map { ", an image of \($0.description)" } ?? ""),
      remedy: "Write what the network was trained with, its authors' own or one of:")
    problem.choices = examples
    return problem
  }
}

extension ONNXFile {
  /// Opens the file that an experiment names.
  /// - Parameter place: where it names it.
  /// - Throws: `Problem` of kind `.usage`.
  package static func open(
    network file: ExperimentPath, at place: Place?, for purpose: HeldFile.Purpose
  ) throws(Problem) -> ONNXFile {
    let path = SharedFolders.model(file.resolved)
    guard FileManager.default.fileExists(atPath: path) else {
      throw .usage(
        at: place, "there is no ONNX file `\(file.written)`",
        remedy: "Paths are relative to the experiment file; looked for it at \(path).")
    }
    return try ONNXFile.open(network: path, for: purpose)
  }
}
