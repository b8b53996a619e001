import Datasets
import ExperimentFile
import Foundation
import Images
import ONNX
import Results
import Store
import Support
import Weights

/// The photographs and networks of a finished run, found by their hashes: a plan without the experiment's own paths.
public struct FoundInputs: Sendable {
  /// Opened and held to the run's hashes.
  public let plan: Plan
  /// What lies under another name than in the run: "s1/3.pgm is faces/17.pgm".
  public let renamed: [String]

  /// - Parameters:
  ///   - run: whose files are looked for.
  ///   - experimentText: as a report carries it; for data of which faces are cut out.
  ///   - data: a folder that the photographs lie below.
  ///   - weights: a folder that weights, ONNX files and prototypes lie below.
  ///   - onlyImages: `ImageRecord.path` of those that are needed; nil for all.
  /// - Throws: `Problem` of kind `.usage` that lists what was not found.
  public init(
    of run: StoredRun, experimentText: String, data: String, weights: String, onlyImages: Set<String>? = nil,
    onlyModels: Set<String>? = nil
  ) throws(Problem) {
    for folder in [data, weights] where FileKind(of: folder) != .folder {
      throw .usage(
        at: Place(file: folder), "expected a folder to look for files in, found none", remedy: "Check the path.")
    }
    var experiment = run.experiment
    let images = run.images.filter { onlyImages?.contains($0.path) ?? true }
    let photographs = FileSearch(folder: data).find(images.map { ($0.sha256, $0.path) }) { path in
      try? Checksum.sha256(contentsOf: URL(filePath: path))
    }
    var missing = images.filter { photographs[$0.sha256] == nil }.map { "\($0.path), SHA-256 \($0.sha256)" }
    var renamed = images.compactMap { image in
      photographs[image.sha256].flatMap { $0 == "\(data)/\(image.path)" ? nil : "\(image.path) is \($0)" }
    }
    let models = run.models.indices.filter { onlyModels?.contains(run.models[$0].key) ?? true }
    let networks = FileSearch(folder: weights).find(
      models.map { (run.models[$0].weightsSHA256, run.models[$0].weightsFile) }, sum: Self.sumOfWeights)
    for index in models {
      let model = run.models[index]
      guard let path = networks[model.weightsSHA256] else {
        missing.append("\(model.weightsFile) of \(model.name), SHA-256 \(model.weightsSHA256)")
        continue
      }
      if path != "\(weights)/\(model.weightsFile)" { renamed.append("\(model.weightsFile) is \(path)") }
      experiment.models[index].weights.resolved = path
    }
    for index in models {
      guard let head = run.models[index].head, let options = experiment.models[index].head, !options.isFromTraining
      else { continue }
      let file = options.prototypes.fileName
      guard
        let path = FileSearch(folder: weights).find([(head.sha256, file)], sum: Self.sumOfWeights)[head.sha256]
      else {
        missing.append("\(file), the prototypes of \(run.models[index].name), SHA-256 \(head.sha256)")
        continue
      }
      experiment.models[index].head?.prototypes.resolved = path
    }
    guard missing.isEmpty else { throw Self.missing(missing, data, weights) }
    self.renamed = renamed.sorted()
    plan = try Self.plan(
      of: run, experiment, experimentText, images, models, data: data, photographs: photographs)
  }

  private static func missing(_ missing: [String], _ data: String, _ weights: String) -> Problem {
    let count = missing.count == 1 ? "1 file" : "\(missing.count) files"
    var problem = Problem.usage(
      "\(count) of the run \(missing.count == 1 ? "is" : "are") not below \(data == weights ? data : "\(data) and \(weights)"), by content",
      remedy:
        "Put \(missing.count == 1 ? "it" : "them") there, under any name, or name other folders (--data, --weights):")
    problem.choices = missing.prefix(20).map { printable($0) }
    if missing.count > 20 { problem.choices?.append("and \(missing.count - 20) more") }
    return problem
  }

  /// As a run knows a weights file: of an index of shards and of an ONNX file with others beside it that of all of them.
  private static func sumOfWeights(_ path: String) -> String? {
    let name = path.lowercased()
    if name.hasSuffix(".json"), let file = try? WeightsFile.open(path, for: .run), let sum = try? file.sha256() {
      return sum
    }
    if name.hasSuffix(".onnx"),
      let file = try? ONNXFile.open(
        network: ExperimentPath(written: path, resolved: path), at: nil, for: .run), let sum = try? file.sha256()
    {
      return sum
    }
    return try? Checksum.sha256(contentsOf: URL(filePath: path))
  }

  private static func plan(
    of run: StoredRun, _ experiment: Experiment, _ text: String, _ images: [ImageRecord], _ models: [Int],
    data: String, photographs: [String: String]
  ) throws(Problem) -> Plan {
    var located = experiment.data
    var listed: [String: LabelledImage] = [:]
    // Where faces are cut out, and which images are for training, only the data themselves say.
    let needsData =
      images.contains { $0.alignment != nil } || experiment.models.contains { $0.head?.isFromTraining == true }
    if needsData {
      let file = try ExperimentFile(
        text: text, path: "\(data)/experiment.yaml",
        overrides: [try Override("data.root=\(quotedScalar(absolute(data)))")])
      located = file.experiment.data
      for image in try Plan.dataset(of: located, places: [:]).images { listed[image.path] = image }
    }
    let planned = try images.map { (record) throws(Problem) -> PlannedImage in
      if record.alignment != nil {
        guard let image = listed[record.path], image.alignment?.description == record.alignment else {
          throw .usage(
            at: Place(file: record.path), "its data below \(data) do not say how its face is cut out, as in the run",
            remedy: "Give the data's own folder (--data), with what lists the faces.")
        }
        return PlannedImage(record: record, source: image)
      }
      return PlannedImage(
        record: record,
        source: LabelledImage(path: record.path, file: photographs[record.sha256] ?? "", label: record.label))
    }
    let opened = try concurrentMap(models) { [located] (index) throws(Problem) in
      try PlannedModel.opened(experiment.models[index], data: located) { _ in nil }
    }
    // Paths are shown as they were written.
    var own = experiment
    own.data = run.experiment.data
    if models.count < experiment.models.count { own.models = models.map { experiment.models[$0] } }
    return Plan(
      experiment: own, models: opened, images: planned, classNames: run.classNames, notes: run.notes ?? [],
      control: run.controlImages)
  }

  private static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }
}
