import Attacks
import Engines
import ExperimentFile
import Explanations
import Graphs
import Images
import Measures
import Results
import Store
import Support
import Tensors

/// The unit of work: one model, one image, every attack at every level, on one thread. It reads like the measurement
/// protocol: the clean image and its gradient, its maps, the attacked images, their maps, the measures of each pair.
///
/// One gradient of the loss serves every level that can share it, and one backward pass of a class score gives the maps of
/// every layer by every explanation; targets that explain the same class share it. The control goes, where it is
/// run, the same way as every attacked image.
final class ImageWork {
  private let experiment: Experiment
  private let model: PlannedModel
  private let network: Network
  private let keys: KeyMaker
  private let explainer: LayerExplainer
  /// Of the clean image, its maps and the gradients of the loss.
  private let cleanSession: any NetworkSession
  /// Of the attacked images, which need no gradient beyond the explained layers.
  private let attackedSession: any NetworkSession

  /// Of the models whose gradients attacks take, by their keys.
  private let sources: [String: (source: PreparedSource, session: any NetworkSession)]

  /// More attacked images at a time would share the reading of the weights with more others, but keep more
  /// activations out of the caches.
  private static let mostAtOnce = 8

  /// - Parameter sources: by their keys; those that are missing are those of attacks that are not made.
  init(
    experiment: Experiment, model: PlannedModel, keys: KeyMaker, prepared: any PreparedNetwork,
    sources: [String: PreparedSource] = [:]
  ) throws(Problem) {
    self.experiment = experiment
    self.model = model
    network = try model.run()
    self.keys = keys
    explainer = LayerExplainer(
      methods: experiment.explain.methods, layers: prepared.layers, classCount: network.classCount,
      size: model.record.inputSize)
    cleanSession = try prepared.makeSession(batch: 1, for: .inputGradients, gradients: explainer.gradients)
    attackedSession = try prepared.makeSession(
      batch: min(ImageWork.mostAtOnce, experiment.levels.count), for: .explanations, gradients: explainer.gradients,
      beside: cleanSession)
    var sessions: [String: (source: PreparedSource, session: any NetworkSession)] = [:]
    for (key, source) in sources {
      sessions[key] = (source, try source.network.makeSession(batch: 1, for: .inputGradients))
    }
    self.sources = sessions
  }

  /// What it takes of memory while images are measured, without their photographs as they are decoded: bytes.
  var bytes: Int {
    let targets = experiment.explain.targets.count
    var bytes = cleanSession.bytes(explaining: targets)
    bytes += attackedSession.bytes(explaining: attackedSession.capacity * targets)
    for (_, session) in sources.values { bytes += session.bytes(explaining: 0) }
    // The clean image, its gradient, and the attacked ones; of one image at a time the heatmaps, which stand as Float, and
    // what the measures keep of the clean one's, a few times as much.
    let pixels = model.record.inputSize * model.record.inputSize
    let maps = targets * experiment.explain.methods.count * explainer.layers.count
    return bytes + 4 * pixels * (3 * (3 + attackedSession.capacity) + maps * 8)
  }

  /// Looks for NaN and infinity inside the network; only where the engine's own values come near them is the slow
  /// `NumberCheck` asked which layer it is.
  /// - Throws: `Problem` that names the image and the layer.
  func check(_ record: ImageRecord, image: Tensor) throws(Problem) {
    do {
      if try cleanSession.staysFinite(image) { return }
      try NumberCheck(network).check(image)
    } catch {
      throw named(error, record)
    }
  }

  private func named(_ problem: Problem, _ record: ImageRecord) -> Problem {
    var problem = problem
    problem.message = "\(model.record.name) on \(record.path): \(problem.message)"
    return problem
  }

  /// - Parameters:
  ///   - image: as the network sees it, (3, S, S) in [0, 1].
  ///   - levels: those that are still missing something.
  ///   - hasControl: whether the control is run on the image; where it is not, its level has the clean image's logits.
  ///   - keepsPhotograph: whether the store has no picture of the image yet.
  /// - Throws: `Problem` that names the image.
  func measure(
    _ record: ImageRecord, image: Tensor, levels: [KeyMaker.Level], hasControl: Bool, keepsPhotograph: Bool
  ) throws(Problem) -> ImageResult {
    do {
      return try measured(
        record, image: image, levels: levels, hasControl: hasControl, keepsPhotograph: keepsPhotograph)
    } catch {
      throw named(NumberCheck.cause(of: error, in: network, on: image), record)
    }
  }

  private func measured(
    _ record: ImageRecord, image: Tensor, levels: [KeyMaker.Level], hasControl: Bool, keepsPhotograph: Bool
  ) throws(Problem) -> ImageResult {
    // The clean image: its prediction, and what the attacks need of it, while the session keeps its activations.
    let clean = Prediction(try cleanSession.logits(of: image))
    var result = ImageResult(
      keys: keys, subject: keys.subject(of: record), model: model.record.name, image: record.path,
      prediction: clean.label, confidence: clean.confidence)
    if keepsPhotograph { result.photograph = try ImageEncoder.png(RGBImage(tensor: image)) }
    let (gradients, attacks) = try prepareAttacks(record, image: image, levels: levels, clean: clean)
    for index in attacks.keys.sorted() {
      guard let direction = attacks[index]?.direction else { continue }
      result.directions.append(
        (index, PerturbationSigns(height: direction.shape[1], width: direction.shape[2], gradient: direction.values)))
    }

    // Its maps, and what the measures keep of them.
    let targets = experiment.explain.targets
    let cleanClasses = targets.map { clean.explained(by: $0, label: record.label, clean: clean) }
    let cleanMaps = try explainer.maps(of: [cleanClasses], in: cleanSession)[0]
    gradients.cleanPassIsNeeded = false
    let measurer = try PairMeasurer(
      experiment.compare.measures, clean: cleanMaps, of: Set(cleanClasses), explainer: explainer)
    for (target, explained) in zip(targets, cleanClasses) {
      try forEachMap(of: explained, in: cleanMaps) { (explanation, layer, map) throws(Problem) in
        let coordinates = KeyMaker.MapCoordinates(
          explanation: explanation, target: target, layer: layer, level: nil)
        result.cleanMaps.append((coordinates, map))
      }
    }

    let run = levels.filter { $0.epsilon > 0 || hasControl }
    for level in levels where level.epsilon == 0 && !hasControl {
      result.levels.append(
        ImageResult.Level(
          level: level, prediction: clean.label, confidence: clean.confidence,
          scores: clean.scores(against: clean, clippedShare: 0)))
    }

    // The attacked images, as many at a time as the session takes.
    for start in stride(from: 0, to: run.count, by: attackedSession.capacity) {
      let some = Array(run[start..<min(start + attackedSession.capacity, run.count)])
      let attacked = try some.map { (level) throws(Problem) in try made(level, by: attacks, of: image) }
      let predictions = try attackedSession.logits(of: attacked.map(\.image)).map { Prediction($0) }
      let classes = predictions.map { own in
        targets.map { own.explained(by: $0, label: record.label, clean: clean) }
      }
      let maps = try explainer.maps(of: classes, in: attackedSession)
      for (index, level) in some.enumerated() {
        let share = attacked[index].clippedShare
        let shown = explainer.shown(maps[index])
        result.levels.append(
          ImageResult.Level(
            level: level, prediction: predictions[index].label, confidence: predictions[index].confidence,
            scores: predictions[index].scores(against: clean, clippedShare: share)))
        for (target, (cleanClass, explained)) in zip(targets, zip(cleanClasses, classes[index])) {
          try forEachMap(of: explained, in: shown) { (explanation, layer, map) throws(Problem) in
            let pair = KeyMaker.MapCoordinates(
              explanation: explanation, target: target, layer: layer, level: level)
            let place = LayerExplainer.Place(explained: cleanClass, explanation: explanation, layer: layer)
            let measured = try measurer.compare(map, with: place, at: level.epsilon)
            result.pairs.append(ImageResult.Pair(place: pair, map: map.raw, values: measured))
          }
        }
      }
    }
    return result
  }

  /// What the attacks of some levels need of the clean image, whose logits the session computed last.
  private func prepareAttacks(
    _ record: ImageRecord, image: Tensor, levels: [KeyMaker.Level], clean: Prediction
  ) throws(Problem) -> (gradients: SessionGradients, attacks: [Int: any PreparedAttack]) {
    let gradients = SessionGradients(
      session: cleanSession, image: image, label: record.label, prediction: clean)
    let subject = AttackSubject(image: image, sha256: record.sha256, seed: UInt64(experiment.seed))
    var transfers: [String: TransferGradients] = [:]
    func lossGradients(of setting: AttackSetting) throws(Problem) -> any LossGradients {
      guard let key = setting.source(attacking: model.options.key) else { return gradients }
      if let known = transfers[key] { return known }
      guard let (source, session) = sources[key] else { throw .failure("\(setting.title) was not made ready") }
      let made = TransferGradients(
        session: session, source: source.name, size: source.size, channels: source.channels, image: image,
        label: record.label, prediction: clean.label)
      transfers[key] = made
      return made
    }
    var attacks: [Int: any PreparedAttack] = [:]
    for index in Set(levels.filter { $0.epsilon > 0 }.map(\.attack)).sorted() {
      attacks[index] = try experiment.attacks[index].attack.prepare(
        subject, gradients: lossGradients(of: experiment.attacks[index]))
    }
    return (gradients, attacks)
  }

  /// The image at a level; the control's is the image itself.
  private func made(
    _ level: KeyMaker.Level, by attacks: [Int: any PreparedAttack], of image: Tensor
  ) throws(Problem) -> AttackedImage {
    guard level.epsilon > 0, let attack = attacks[level.attack] else {
      return AttackedImage(image: image, clippedShare: 0)
    }
    return try attack.attacked(level: level.epsilon)
  }

  /// Attacked images alone, made as `measure` makes them, with what the network says of each: the same bits.
  /// - Throws: `Problem` that names the image.
  func attack(
    _ record: ImageRecord, image: Tensor, levels: [KeyMaker.Level]
  ) throws(Problem) -> (clean: Prediction, levels: [(image: Tensor, prediction: Prediction)]) {
    do {
      let clean = Prediction(try cleanSession.logits(of: image))
      let (gradients, attacks) = try prepareAttacks(record, image: image, levels: levels, clean: clean)
      // Nothing is explained here.
      gradients.cleanPassIsNeeded = false
      var found: [(image: Tensor, prediction: Prediction)] = []
      for start in stride(from: 0, to: levels.count, by: attackedSession.capacity) {
        let attacked = try levels[start..<min(start + attackedSession.capacity, levels.count)].map {
          (level) throws(Problem) in try made(level, by: attacks, of: image).image
        }
        found += zip(attacked, try attackedSession.logits(of: attacked).map { Prediction($0) }).map { ($0, $1) }
      }
      return (clean, found)
    } catch {
      throw named(NumberCheck.cause(of: error, in: network, on: image), record)
    }
  }

  /// Every map of one class: by every explanation, at every layer.
  private func forEachMap<Map>(
    of explained: Int, in maps: [LayerExplainer.Place: Map],
    _ body: (_ explanation: Int, _ layer: String, Map) throws(Problem) -> Void
  ) throws(Problem) {
    for explanation in experiment.explain.methods.indices {
      for layer in explainer.layers {
        let place = LayerExplainer.Place(explained: explained, explanation: explanation, layer: layer.name)
        guard let map = maps[place] else { throw .failure("class \(explained) was not explained at \(layer.name)") }
        try body(explanation, layer.name, map)
      }
    }
  }
}
