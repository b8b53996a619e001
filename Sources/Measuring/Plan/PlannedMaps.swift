import ExperimentFile
import Foundation
import Images
import Maps
import Results
import Store
import Support

extension PlannedModel {
  /// A model whose answers and maps were computed elsewhere: nothing of it is run, its images' entries are read.
  /// - Parameters: as of `opened`.
  static func maps(
    _ options: ModelOptions, hashes known: FileHashes, place: (String) -> Place?
  ) throws(Problem) -> PlannedModel {
    let mapsPlace = place(ModelOptions.mapsKey)
    let path = SharedFolders.model(options.weights.resolved)
    guard FileManager.default.fileExists(atPath: path) else {
      throw .usage(
        at: mapsPlace, "there is no file or folder of maps `\(options.weights.written)` for \(options.name)",
        remedy: "Paths are relative to the experiment file; looked for it at \(path).")
    }
    let maps = try usage(at: mapsPlace) { () throws(Problem) in try MapsCollection(path, for: .run) }
    let own = maps.description.input
    var options = options
    options.input.size = own.size
    options.input.fit = own.fit == "crop" ? .crop : .squash
    options.input.resize = own.resize ?? own.size
    options.input.orientation = own.orientation
    let layers = try usage(at: place("layers") ?? mapsPlace) { () throws(Problem) in
      try resolve(options.layers, in: maps, name: options.weights.written)
    }
    let files = maps.heldFiles
    let isKnown = known.note(files) { [options] in FileHashes.weightsKey(options, layers: layers, $0) }
    let hash = try usage(at: mapsPlace) { () throws(Problem) in
      guard !isKnown else { return try maps.sha256() }
      return try HeldFile.whileUnchanged(files) { () throws(Problem) in
        let hash = try maps.sha256()
        try maps.checkValues()
        return hash
      }
    }
    let preparation = try usage(at: mapsPlace) { () throws(Problem) in
      try InputPreparation(size: own.size, fit: own.resize.map { .crop(resize: $0) } ?? .squash)
    }
    let producers = maps.producers
    var software: [MapsRecord.Software] = []
    for (name, version) in producers.flatMap(\.software) {
      let one = MapsRecord.Software(name: name, version: version)
      if !software.contains(one) { software.append(one) }
    }
    let record = ModelRecord(
      key: options.key, name: options.name, architecture: ModelRecord.mapsArchitecture, width: 1, inputSize: own.size,
      mean: options.input.normalisation.mean, standardDeviation: options.input.normalisation.standardDeviation,
      classCount: maps.description.classCount, parameterCount: 0, weightsFile: options.weights.fileName,
      weightsSHA256: hash, layers: layers, lastLayer: maps.layers.last ?? "", training: options.training,
      maps: MapsRecord(
        producer: listInWords(producers.map(\.name).uniqued), software: software, fileCount: maps.files.count,
        areScaled: maps.description.areScaled, haveInputs: maps.files.contains(where: \.hasInputs)))
    return PlannedModel(
      record: record, options: options, network: nil, layers: [], preparation: preparation, files: files,
      trainedSplit: TrainedSplit(options, metadata: [:]), training: nil, maps: maps)
  }

  /// - Parameter wanted: `last`, `all`, or names.
  private static func resolve(
    _ wanted: [String], in maps: MapsCollection, name: String
  ) throws(Problem) -> [String] {
    let known = maps.layers
    var chosen: Set<String> = []
    for layer in wanted {
      switch layer {
      case "all": chosen.formUnion(known)
      case "last": chosen.formUnion(known.suffix(1))
      default:
        guard known.contains(layer) else {
          throw .usage(
            "the maps in \(name) have no layer `\(printable(layer))`",
            remedy: suggestion(for: layer, among: known.map { printable($0) }))
        }
        chosen.insert(layer)
      }
    }
    return known.filter(chosen.contains)
  }

  /// The same with what of the experiment its maps are of.
  func matched(_ coverage: (inout MapsRecord) -> Void) -> PlannedModel {
    var record = record
    if var maps = record.maps {
      coverage(&maps)
      record.maps = maps
    }
    return PlannedModel(
      record: record, options: options, network: network, layers: layers, preparation: preparation, files: files,
      trainedSplit: trainedSplit, training: training, maps: maps)
  }
}
