import Images
import Support

extension InputOptions {
  /// Of maps that were not opened: their file says it.
  static let unknown = InputOptions(
    size: 1, normalisation: Normalisation(mean: [0, 0, 0], standardDeviation: [1, 1, 1]), fit: .squash, resize: 1)
}

/// A model of which nothing is run here: what it answered and its maps come from a file.
extension ModelOptions {
  /// The key that names a file or a folder of maps.
  package static let mapsKey = "maps"

  /// Called what the file or folder is called.
  init(maps file: ExperimentPath) {
    self.init(
      key: "", architecture: nil, variant: nil, name: Self.mapsName(of: file.fileName), weights: file, state: nil,
      width: 1, input: .unknown, layers: ["last"])
    comesAsMaps = true
  }

  /// "vit.safetensors" is called "vit".
  static func mapsName(of path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let ending = ".safetensors"
    return name.hasSuffix(ending) && name.count > ending.count ? String(name.dropLast(ending.count)) : name
  }

  /// Of maps that were computed elsewhere.
  static let mapsOptions: [DeclaredOption<ModelOptions>] =
    [
      DeclaredOption(
        mapsKey, \.weights, .path, required: "maps: maps/vit.safetensors",
        help: "A file, or a folder of files, of what a network answered and of its maps, computed elsewhere."),
      DeclaredOption(
        "name", \.name, .text, standard: "the file's, without `.safetensors`", example: "name: ours",
        help: "As the report calls it."),
      DeclaredOption(
        "layers", \.layers, OptionKind.text.list(), standard: "[last]",
        help:
          "`last`, `all`, or names: `heatdrift maps inspect FILE` lists them. `last` is the one that the file lists last."
      ),
    ] + options.filter { ["training", "trained-split-seed"].contains($0.name) }

  /// Keys that mean nothing to maps that were computed elsewhere, and why.
  static let whyNotBesideMaps = [
    "weights": "no network is run, and what it answered is in the file of maps",
    "state": "no network is run",
    "variant": "no network is run",
    "width": "no network is run",
    "input": "the file of maps says how its images became the network's input",
    "classes": "the file of maps says how many classes there are; their names go into `data.classes`",
    headKey: "the file of maps has the answers",
  ]
}
