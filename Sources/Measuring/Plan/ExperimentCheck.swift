import Architectures
import ExperimentFile
import Foundation
import Support

/// What an experiment names, looked at part by part: unlike `Plan`, which ends at the first problem, every part is opened
/// and whatever is wrong with it collected.
public struct ExperimentCheck: Sendable {
  /// A part that was looked at.
  public struct Part: Sendable {
    /// "model VGG16", "data"
    public let name: String
    /// What was found, or what is wrong.
    public let result: Result<String, Problem>
  }

  /// In the order of the experiment file.
  public let parts: [Part]
  /// Nil where a part of it is wrong.
  public let plan: Plan?
  /// Every name that a report may print: title, authors, models, layers, classes, images, files.
  public let names: [String]

  /// Opens weights and data, and hashes them as a run would.
  public init(_ file: ExperimentFile) {
    let experiment = file.experiment
    var parts: [Part] = []
    var isSound = true
    func add(_ name: String, _ result: Result<String, Problem>) {
      parts.append(Part(name: name, result: result))
      if case .failure = result { isSound = false }
    }
    var names = [experiment.title] + experiment.report.authors
    // Weights are opened and hashed again, one by one, only where something is wrong.
    let planned = Result { () throws(Problem) in try Plan(file) }
    for (index, options) in experiment.models.enumerated() {
      names += [options.name, options.key, options.weights.fileName]
      let path = "models[\(index)]"
      let result = Result { () throws(Problem) in
        let model =
          if case .success(let plan) = planned {
            plan.models[index]
          } else {
            try PlannedModel.opened(options, data: experiment.data) {
              file.places["\(path).\($0)"] ?? file.places[path]
            }
          }
        names += model.record.layers
        if let maps = model.maps {
          return
            "\(options.weights.fileName) has maps of \(maps.imageCount) image\(maps.imageCount == 1 ? "" : "s"), "
            + "\(model.record.classCount) classes; "
            + (model.record.layers.count == 1
              ? "layer \(model.record.layers[0])" : "\(model.record.layers.count) layers")
        }
        let network = try model.run()
        return
          "\(options.weights.fileName) "
          + (options.architecture.map { "fits \($0.rawValue)" }
            ?? "is \(network.multiplyAdds) multiply-adds an image")
          + ", \(network.classCount) classes; "
          + (model.layers.count == 1 ? "layer \(model.layers[0].name)" : "\(model.layers.count) layers")
      }
      add("model \(options.name)", result)
    }
    let data = Result { () throws(Problem) in
      let dataset = try Plan.dataset(of: experiment.data, places: file.places)
      names += dataset.classNames + dataset.images.map(\.path)
      let closed = dataset.images.filter { !FileManager.default.isReadableFile(atPath: $0.file) }
      guard let first = closed.first else {
        return "\(dataset.images.count) image\(dataset.images.count == 1 ? "" : "s") of \(dataset.classNames.count) "
          + "class\(dataset.classNames.count == 1 ? "" : "es")"
      }
      throw Problem.usage(
        at: file.places["data.root"] ?? file.places["data"],
        "\(closed.count) of \(dataset.images.count) images cannot be opened; the first is \(first.path)",
        remedy: "Check the permissions of the files.")
    }
    add("data", data)
    switch planned {
    case .success(let plan): self.plan = isSound ? plan : nil
    case .failure(let problem):
      if isSound { add("models and data together", .failure(problem)) }
      plan = nil
    }
    self.parts = parts
    self.names = names
  }
}
