import Attacks
import Engines
import ExperimentFile
import Explanations
import Figures
import Foundation
import Graphs
import Images
import Measuring
import Results
import Store
import Support
import Tensors

/// A file of an export, with the line that the index has of it.
struct ExportedFile {
  /// Without its ending: "IMAGE_MODEL_ATTACK-0.01_EXPLANATION_predicted_features.29_map".
  var name: String
  var format: ExportFormat
  var bytes: [UInt8]
  /// In the order of `ExportIndex.columns` behind the file's name.
  var fields: [String: String]
}

/// Makes what is wanted of some images: raw maps and heatmaps out of the store, attacked images by the networks.
struct ImageExport {
  let run: StoredRun
  let store: ResultsStore
  let selection: MapSelection
  let maps: ExportFormat?
  let heatmaps: ExportFormat?
  let attacked: ExportFormat?
  let colours: ColourMap
  private let rows: any MeasurementSource
  private let pictures: any PictureSource
  private let names: LevelNames
  private(set) var files: [ExportedFile] = []

  init(
    run: StoredRun, store: ResultsStore, selection: MapSelection, maps: ExportFormat?, heatmaps: ExportFormat?,
    attacked: ExportFormat?, colours: ColourMap
  ) throws(Problem) {
    self.run = run
    self.store = store
    self.selection = selection
    self.maps = maps
    self.heatmaps = heatmaps
    self.attacked = attacked
    self.colours = colours
    rows = try store.rows(of: run)
    pictures = store.pictures(of: run)
    names = LevelNames(run.experiment.attacks)
  }

  /// - Throws: `Problem` where something is wanted that cannot be made.
  mutating func add(_ images: [ImageRecord], inputs: InputOptionsGroup) throws(Problem) {
    if maps != nil || heatmaps != nil { try addMaps(images) }
    if attacked != nil { try addAttacked(images, inputs) }
    guard !files.isEmpty else {
      throw .usage("nothing of the run is of what was chosen", remedy: "Leave out some of the choices.")
    }
  }

  // MARK: - Maps

  private mutating func addMaps(_ images: [ImageRecord]) throws(Problem) {
    var found: [MappedRow] = []
    let wanted = Set(images.map(\.path))
    for model in run.models where selection.contains(model: model.key) {
      try rows.forEachMappedPart(of: model.key, images: wanted, pictures) { (rows) throws(Problem) in
        rows
      } consume: {
        found += $0
      }
    }
    var clean: Set<String> = []
    for mapped in found where selection.containsClean(mapped.row) {
      let row = mapped.row
      let place = [row.image, row.model, row.explanation, row.target.rawValue, row.layer].joined(separator: "\n")
      if clean.insert(place).inserted { try add(mapped.clean, row, isClean: true) }
      if selection.contains(row) { try add(mapped.attacked, row, isClean: false) }
    }
  }

  private mutating func add(_ map: RawMap, _ row: Results.Measurement, isClean: Bool) throws(Problem) {
    let level = isClean ? "clean" : "\(row.attack)-\(names.exact(row.epsilon))"
    let name = [row.image, row.model, level, row.explanation, row.target.rawValue, row.layer]
    var fields = common(row.model, row.image)
    if !isClean { (fields["attack"], fields["epsilon"]) = (row.attack, "\(row.epsilon)") }
    fields["explanation"] = row.explanation
    fields["target"] = row.target.rawValue
    fields["layer"] = row.layer
    fields["prediction"] = "\(isClean ? row.cleanPrediction : row.adversarialPrediction)"
    fields["confidence"] = "\(isClean ? row.cleanConfidence : row.adversarialConfidence)"
    fields["made"] = "store"
    if let maps {
      var fields = fields
      fields["kind"] = "map"
      let peak = map.peak
      switch maps {
      case .npy:
        setRange(map.values, &fields)
        files.append(
          file(
            name + ["map"], .npy, NumPyArray.bytes(shape: [map.height, map.width], values: map.values), fields,
            [map.height, map.width]))
      case .png:
        // What white stands for: without it a picture tells nothing of the map's size.
        (fields["minimum"], fields["maximum"]) = ("0.0", "\(peak)")
        let grey = map.values.map { peak > 0 ? UInt8((min(1, max(0, $0 / peak)) * 255).rounded()) : 0 }
        let picture = RGBImage(width: map.width, height: map.height, pixels: grey.flatMap { [$0, $0, $0] })
        files.append(file(name + ["map"], .png, try ImageEncoder.png(picture), fields, [map.height, map.width]))
      }
    }
    guard let heatmaps, let size = run.models.first(where: { $0.key == row.model })?.inputSize else { return }
    fields["kind"] = "heatmap"
    let values = heatmap(of: map, size: size).values
    switch heatmaps {
    case .npy:
      setRange(values, &fields)
      files.append(
        file(name + ["heatmap"], .npy, NumPyArray.bytes(shape: [size, size], values: values), fields, [size, size]))
    case .png:
      let look = HeatmapPictures(look: OverlayLook(colourMap: colours, pixels: size))
      let photograph = try translated { try pictures.photograph(model: row.model, image: row.image) }
      // Without a photograph the colours stand over grey.
      let ground =
        photograph ?? RGBImage(width: size, height: size, pixels: [UInt8](repeating: 128, count: 3 * size * size))
      if photograph == nil { fields["made"] = "store, over grey: no photograph is kept" }
      files.append(
        file(
          name + ["heatmap"], .png,
          try ImageEncoder.png(
            RGBImage(
              width: size, height: size,
              pixels: look.colours(of: values, on: HeatmapPictures.Ground(ground, side: size)))), fields, [size, size]))
    }
  }

  private func setRange(_ values: [Float], _ fields: inout [String: String]) {
    fields["minimum"] = values.min().map { "\($0)" }
    fields["maximum"] = values.max().map { "\($0)" }
  }

  private func translated<Result>(_ body: () throws -> Result) throws(Problem) -> Result {
    do {
      return try body()
    } catch {
      throw error as? Problem ?? .failure("the store cannot be read: \(error)")
    }
  }

  private func file(
    _ name: [String], _ format: ExportFormat, _ bytes: [UInt8], _ fields: [String: String], _ shape: [Int]
  ) -> ExportedFile {
    var fields = fields
    fields["shape"] = shape.map(String.init).joined(separator: "x")
    return ExportedFile(name: name.joined(separator: "_"), format: format, bytes: bytes, fields: fields)
  }

  private func common(_ model: String, _ image: String) -> [String: String] {
    let record = run.models.first { $0.key == model }
    let label = run.images.first { $0.path == image }?.label
    return [
      "model": model, "model_name": record?.name ?? model, "image": image, "label": label.map { "\($0)" } ?? "",
    ]
  }

  // MARK: - Attacked images

  private func levels() -> [(attack: String, epsilon: Double)] {
    run.experiment.attacks.flatMap { setting in
      setting.levels.filter { selection.contains(attack: setting.key, epsilon: $0) }.map { (setting.key, $0) }
    }
  }

  private mutating func addAttacked(_ images: [ImageRecord], _ inputs: InputOptionsGroup) throws(Problem) {
    let levels = levels()
    let models = run.models.filter { selection.contains(model: $0.key) }
    let plan: Plan
    do throws(Problem) {
      plan = try inputs.plan(of: run, in: store, images: images, models: models)
    } catch {
      guard attacked == .png, !inputs.isGiven else { throw error }
      let missing = try addStored(images, models, levels)
      guard missing.isEmpty else {
        var problem = error
        problem.message += "; the store alone has no picture of \(missing)"
        throw problem
      }
      Console.remark(
        "note: attacked images are drawn from the store, to within one grey level, since the files of the run are not at hand: "
          + error.message)
      return
    }
    let engine = try (engines.all.first { $0.made(version: run.engine) } ?? .onednn).makeEngine()
    if engine.version != run.engine {
      Console.remark("note: the run was computed by \(run.engine), this is \(engine.version): bits may differ")
    }
    let maker = AttackedImages(run, plan: plan, engine: engine)
    var made: [ExportedFile] = []
    var differing = 0
    for model in models {
      try maker.make(model: model.key, images: images, levels: levels) { (image, subject) throws(Problem) in
        made.append(
          try picture(
            subject.clean, model, image, ["clean", "image"],
            ["prediction": "\(subject.prediction)", "confidence": "\(subject.confidence)"]))
        let stored = try rows.rows(model: model.key, image: image.path)
        for level in subject.levels {
          if let row = stored.first(where: { $0.attack == level.attack && $0.epsilon == level.epsilon }),
            row.adversarialPrediction != level.prediction || row.adversarialConfidence != level.confidence
          {
            differing += 1
          }
          made.append(
            try picture(
              level.image, model, image, ["\(level.attack)-\(names.exact(level.epsilon))", "image"],
              [
                "attack": level.attack, "epsilon": "\(level.epsilon)", "prediction": "\(level.prediction)",
                "confidence": "\(level.confidence)",
              ]))
        }
      }
    }
    if differing > 0 {
      Console.error(
        "warning: of \(Console.count(differing, "attacked image")) the network does not say the same bits as in the run: another "
          + "processor or library computed it")
    }
    files += made
  }

  private func picture(
    _ tensor: Tensor, _ model: ModelRecord, _ image: ImageRecord, _ words: [String], _ own: [String: String]
  ) throws(Problem) -> ExportedFile {
    let fields = common(model.key, image.path).merging(own) { $1 }
      .merging(["kind": "image", "made": "network"]) { $1 }
    let name = [image.path, model.key] + words
    let shape = tensor.shape.dimensions
    switch attacked {
    case .png?:
      return file(name, .png, try ImageEncoder.png(RGBImage(tensor: tensor)), fields, Array(shape.suffix(2)))
    default:
      var fields = fields
      setRange(tensor.values, &fields)
      return file(name, .npy, NumPyArray.bytes(shape: shape, values: tensor.values), fields, shape)
    }
  }

  /// What the store draws by itself.
  /// - Returns: what it has no picture of, in words; empty where it has all.
  private mutating func addStored(
    _ images: [ImageRecord], _ models: [ModelRecord], _ levels: [(attack: String, epsilon: Double)]
  ) throws(Problem) -> String {
    var made: [ExportedFile] = []
    for model in models {
      for image in images {
        guard let photograph = try translated({ try pictures.photograph(model: model.key, image: image.path) }) else {
          return "\(image.path) as \(model.name) saw it"
        }
        let rows = try rows.rows(model: model.key, image: image.path)
        var own = common(model.key, image.path).merging(["kind": "image", "made": "store"]) { $1 }
        let shape = [photograph.height, photograph.width]
        let name = [image.path, model.key]
        (own["prediction"], own["confidence"]) = (
          rows.first.map { "\($0.cleanPrediction)" }, rows.first.map { "\($0.cleanConfidence)" }
        )
        made.append(file(name + ["clean", "image"], .png, try ImageEncoder.png(photograph), own, shape))
        for level in levels {
          guard
            let signs = try translated({
              try pictures.perturbation(model: model.key, image: image.path, attack: level.attack)
            }), let picture = signs.attacked(photograph, epsilon: level.epsilon)
          else { return "\(level.attack) on \(image.path)" }
          let row = rows.first { $0.attack == level.attack && $0.epsilon == level.epsilon }
          own["attack"] = level.attack
          own["epsilon"] = "\(level.epsilon)"
          own["prediction"] = row.map { "\($0.adversarialPrediction)" }
          own["confidence"] = row.map { "\($0.adversarialConfidence)" }
          own["made"] = "store, to within one grey level"
          made.append(
            file(
              name + ["\(level.attack)-\(names.exact(level.epsilon))", "image"], .png,
              try ImageEncoder.png(picture), own, shape))
        }
      }
    }
    files += made
    return ""
  }
}
