import Attacks
import ExperimentFile
import Explanations
import Graphs
import Images
import Maps
import Results
import Store
import Support
import Tensors

/// What one thread does with an image of a model: computing, or reading what was computed elsewhere.
protocol UnitOfWork {
  /// What it takes of memory while images are measured, without their photographs as they are decoded: bytes.
  var bytes: Int { get }

  /// Whether the photograph is wanted.
  func needsInput(keepsPhotograph: Bool) -> Bool

  /// - Parameter image: as the network sees it, (3, S, S) in [0, 1].
  /// - Throws: `Problem` that names the image, where the numbers inside of the network go wrong on it.
  func check(_ record: ImageRecord, image: Tensor) throws(Problem)

  /// - Parameters:
  ///   - image: likewise; nil where it is not wanted.
  ///   - levels: those that are still missing something.
  ///   - hasControl: whether the control is run on the image.
  ///   - keepsPhotograph: whether the store has no picture of the image yet.
  /// - Throws: `Problem` that names the image.
  func measure(
    _ record: ImageRecord, image: Tensor?, levels: [KeyMaker.Level], hasControl: Bool, keepsPhotograph: Bool
  ) throws(Problem) -> ImageResult
}

extension ImageWork: UnitOfWork {
  func needsInput(keepsPhotograph: Bool) -> Bool { true }

  func measure(
    _ record: ImageRecord, image: Tensor?, levels: [KeyMaker.Level], hasControl: Bool, keepsPhotograph: Bool
  ) throws(Problem) -> ImageResult {
    guard let image else { throw .failure("\(record.path) was not loaded") }
    return try measure(
      record, image: image, levels: levels, hasControl: hasControl, keepsPhotograph: keepsPhotograph)
  }
}

/// The unit of work of a model whose answers and maps were computed elsewhere: what `ImageWork` computes is read, and every
/// pair is measured as it is there.
final class MapsWork: UnitOfWork {
  private let experiment: Experiment
  private let model: PlannedModel
  private let maps: MapsCollection
  private let keys: KeyMaker
  private let layers: [String]
  /// Makes heatmaps; it explains nothing here.
  private let explainer: LayerExplainer

  /// - Throws: `Problem` for a model that is run.
  init(experiment: Experiment, model: PlannedModel, keys: KeyMaker) throws(Problem) {
    guard let maps = model.maps else { throw .failure("\(model.record.name) has no maps") }
    self.experiment = experiment
    self.model = model
    self.maps = maps
    self.keys = keys
    layers = model.record.layers
    explainer = LayerExplainer(
      methods: experiment.explain.methods, layers: [], classCount: model.record.classCount,
      size: model.record.inputSize)
  }

  var bytes: Int {
    let pixels = model.record.inputSize * model.record.inputSize
    let count = experiment.explain.targets.count * experiment.explain.methods.count * layers.count
    // As those of `ImageWork`, and a map of a level as it is read.
    return 4 * pixels * (3 * 3 + count * 8) + 8 * model.record.classCount * experiment.levels.count
  }

  func needsInput(keepsPhotograph: Bool) -> Bool { keepsPhotograph }

  func check(_ record: ImageRecord, image: Tensor) {}

  func measure(
    _ record: ImageRecord, image: Tensor?, levels: [KeyMaker.Level], hasControl: Bool, keepsPhotograph: Bool
  ) throws(Problem) -> ImageResult {
    do {
      return try measured(
        MapsEntry(maps, record, of: model.record.name), record, image: image, levels: levels, hasControl: hasControl,
        keepsPhotograph: keepsPhotograph)
    } catch {
      var problem = error
      problem.message = "\(model.record.name) on \(record.path): \(problem.message)"
      throw problem
    }
  }

  private func measured(
    _ entry: MapsEntry, _ record: ImageRecord, image: Tensor?, levels: [KeyMaker.Level], hasControl: Bool,
    keepsPhotograph: Bool
  ) throws(Problem) -> ImageResult {
    let clean = try entry.answer(.clean)
    var result = ImageResult(
      keys: keys, subject: keys.subject(of: record), model: model.record.name, image: record.path,
      prediction: clean.prediction, confidence: clean.confidence)
    if keepsPhotograph {
      if let picture = try entry.input(.clean) {
        result.photograph = try ImageEncoder.png(picture)
      } else if let image {
        result.photograph = try ImageEncoder.png(RGBImage(tensor: image))
      }
    }
    for index in Set(levels.filter { $0.epsilon > 0 }.map(\.attack)).sorted() {
      if let signs = try entry.direction(of: experiment.attacks[index]) { result.directions.append((index, signs)) }
    }

    let cleanMaps = try read(entry, .clean)
    for (place, map) in cleanMaps.sorted(by: { order($0.key) < order($1.key) }) {
      result.cleanMaps.append((coordinates(place, nil), map))
    }
    let targets = Set(experiment.explain.targets.indices)
    let measurer = try PairMeasurer(experiment.compare.measures, clean: cleanMaps, of: targets, explainer: explainer)
    for level in levels {
      guard level.epsilon > 0 || hasControl else {
        result.levels.append(
          ImageResult.Level(
            level: level, prediction: clean.prediction, confidence: clean.confidence,
            scores: clean.scores(against: clean)))
        continue
      }
      let own: MapsDescription.Level =
        level.epsilon == 0 ? .control : .attack(experiment.attacks[level.attack].key, level.epsilon)
      let answer = try entry.answer(own)
      result.levels.append(
        ImageResult.Level(
          level: level, prediction: answer.prediction, confidence: answer.confidence,
          scores: answer.scores(against: clean)))
      let shown = explainer.shown(try read(entry, own))
      for (place, map) in shown.sorted(by: { order($0.key) < order($1.key) }) {
        let values = try measurer.compare(map, with: place, at: level.epsilon)
        result.pairs.append(ImageResult.Pair(place: coordinates(place, level), map: map.raw, values: values))
      }
    }
    return result
  }

  /// Every map that is measured of one level. Files name maps by target and not by class: the target's place in the experiment
  /// stands for the class.
  private func read(_ entry: MapsEntry, _ level: MapsDescription.Level) throws(Problem) -> LayerExplainer.Maps {
    var found: LayerExplainer.Maps = [:]
    for (explanation, method) in experiment.explain.methods.enumerated() {
      for (index, target) in experiment.explain.targets.enumerated() {
        let pair = KeyMaker.MapCoordinates(explanation: explanation, target: target, layer: "")
        guard keys.includes(pair) else { continue }
        for layer in layers {
          let place = LayerExplainer.Place(explained: index, explanation: explanation, layer: layer)
          found[place] = try entry.map(level, explanation: type(of: method).key, target: target, layer: layer)
        }
      }
    }
    return found
  }

  private func coordinates(_ place: LayerExplainer.Place, _ level: KeyMaker.Level?) -> KeyMaker.MapCoordinates {
    KeyMaker.MapCoordinates(
      explanation: place.explanation, target: experiment.explain.targets[place.explained], layer: place.layer,
      level: level)
  }

  /// As those that are computed are stored.
  private func order(_ place: LayerExplainer.Place) -> (Int, Int, Int) {
    (place.explained, place.explanation, layers.firstIndex(of: place.layer) ?? 0)
  }
}

/// What the files of maps have of one image.
struct MapsEntry {
  private let maps: MapsCollection
  private let places: [MapsCollection.Place]

  /// - Throws: `Problem` where there is nothing of it.
  init(_ maps: MapsCollection, _ record: ImageRecord, of model: String) throws(Problem) {
    self.maps = maps
    places = maps.places(of: record.sha256)
    if places.isEmpty { throw .failure("the maps of \(model) have none of it") }
  }

  private func find(
    _ level: MapsDescription.Level
  ) -> (file: MapsFile, image: Int, level: Int)? {
    for place in places {
      let file = maps.files[place.file]
      let index: Int?
      if case .attack(let attack, let epsilon) = level {
        index = file.description.index(of: attack, epsilon: epsilon)
      } else {
        index = file.description.levels.firstIndex(of: level)
      }
      if let index { return (file, place.image, index) }
    }
    return nil
  }

  private func required(
    _ level: MapsDescription.Level
  ) throws(Problem) -> (file: MapsFile, image: Int, level: Int) {
    guard let found = find(level) else { throw .failure("its maps are without \(level.words)") }
    return found
  }

  func answer(_ level: MapsDescription.Level) throws(Problem) -> MapsAnswer {
    let (file, image, index) = try required(level)
    return try file.answer(image: image, level: index)
  }

  func map(
    _ level: MapsDescription.Level, explanation: String, target: ExplanationTarget, layer: String
  ) throws(Problem) -> RawMap {
    let (file, image, index) = try required(level)
    guard let own = file.description.explanations.firstIndex(of: explanation),
      let ownTarget = file.description.targets.firstIndex(of: target)
    else { throw .failure("its maps at \(level.words) are without \(explanation) of \(target.rawValue)") }
    return try file.map(image: image, level: index, explanation: own, target: ownTarget, layer: layer)
  }

  /// The picture that the network was given; nil where the files have none.
  func input(_ level: MapsDescription.Level) throws(Problem) -> RGBImage? {
    guard let (file, image, index) = find(level) else { return nil }
    return try file.input(image: image, level: index)
  }

  /// The signs of what an attack added, out of the pictures of its strongest level and of the clean image. Where a value was at black
  /// or white already nothing was added, at no level.
  /// - Returns: nil where the files have no pictures, and for an attack that adds other signs at each level.
  func direction(of setting: AttackSetting) throws(Problem) -> PerturbationSigns? {
    guard type(of: setting.attack).hasDirection, let clean = try input(.clean) else { return nil }
    for level in setting.levels.reversed() {
      guard let attacked = try input(.attack(setting.key, level)) else { continue }
      let area = clean.width * clean.height
      var signs = [Float](repeating: 0, count: 3 * area)
      for place in 0..<area {
        for channel in 0..<3 {
          let difference = Int(attacked.pixels[3 * place + channel]) - Int(clean.pixels[3 * place + channel])
          signs[channel * area + place] = Float(difference.signum())
        }
      }
      return PerturbationSigns(height: clean.height, width: clean.width, gradient: signs)
    }
    return nil
  }
}
