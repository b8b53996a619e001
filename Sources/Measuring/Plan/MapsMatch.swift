import Attacks
import ExperimentFile
import Explanations
import Maps
import Results
import Store
import Support

/// One model's maps held against an experiment and its images.
struct MapsMatch {
  /// By `AttackSetting.key`: the experiment's levels that some image has.
  private(set) var levels: [String: [Double]] = [:]
  /// `Explanation.key`
  private(set) var explanations: [String] = []
  private(set) var targets: [ExplanationTarget] = []
  /// Of images that lack something, into the images, why.
  private(set) var lacking: [Int: String] = [:]
  /// By image: whether its clean maps are there a second time.
  private(set) var hasControl: [Bool]
  private(set) var notes: [String] = []
  private(set) var warnings: [Warning] = []

  private let name: String
  private let layers: [String]
  private let maps: MapsCollection
  private let names: LevelNames

  /// - Throws: `Problem` of kind `.usage`.
  init(
    _ model: PlannedModel, _ maps: MapsCollection, _ experiment: Experiment, _ images: [PlannedImage]
  ) throws(Problem) {
    self.maps = maps
    name = model.record.name
    layers = model.record.layers
    names = LevelNames(experiment.attacks)
    hasControl = [Bool](repeating: false, count: images.count)
    // Of images that stand in the same files the same is there.
    let files = images.map { maps.places(of: $0.record.sha256).map(\.file) }
    let sets = Set(files.filter { !$0.isEmpty })
    guard !sets.isEmpty else {
      throw .usage(
        "the maps of \(name) are of none of the \(images.count) image\(images.count == 1 ? "" : "s") of the data"
          + (images.contains { maps.sha256(named: $0.record.path) != nil }
            ? ", though names are the same: images are told by the SHA-256 of their files" : ""),
        remedy: "Use the data that the maps were made of; `heatdrift maps inspect` lists their images.")
    }
    try checkLabels(experiment, images)
    chooseGrid(experiment, sets)
    try checkGrid(experiment)

    var lacks: [[Int]: String?] = [:]
    var controls: [[Int]: Bool] = [:]
    for set in sets {
      lacks[set] = lack(set, experiment)
      controls[set] = set.contains { maps.files[$0].description.levels.contains(.control) && isWhole($0) }
    }
    var counts: [String: Int] = [:]
    for (index, image) in images.enumerated() {
      let reason: String?
      if files[index].isEmpty {
        let isOther = maps.sha256(named: image.record.path) != nil
        reason =
          isOther
          ? "the maps of \(name) are of another file of this name, by its SHA-256"
          : "the maps of \(name) have none of it"
      } else {
        reason = lacks[files[index]] ?? nil
        hasControl[index] = controls[files[index]] ?? false
      }
      guard let reason else { continue }
      lacking[index] = reason
      counts[reason, default: 0] += 1
    }
    for (reason, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      warnings.append(
        Warning(
          "\(count) of \(images.count) images \(count == 1 ? "is" : "are") left out for all models: \(reason)",
          remedy: "Write what is missing into the file of maps, or take data, attacks or layers that it has."))
    }
    tellMissing(experiment)
    tellOthers(experiment, images)
    tellOptions(experiment)
    tellOrigin(model, images)
  }

  // MARK: - What is there

  private func clean(_ set: [Int]) -> Int? { set.first { maps.files[$0].description.levels.contains(.clean) } }

  private func file(_ set: [Int], _ attack: AttackSetting, _ level: Double) -> Int? {
    set.first { maps.files[$0].description.index(of: attack.key, epsilon: level) != nil }
  }

  /// Whatever some image has of the experiment.
  private mutating func chooseGrid(_ experiment: Experiment, _ sets: Set<[Int]>) {
    let cleanFiles = Set(sets.compactMap(clean)).map { maps.files[$0].description }
    explanations = experiment.explain.methods.map { type(of: $0).key }.filter { key in
      cleanFiles.contains { $0.explanations.contains(key) }
    }
    targets = experiment.explain.targets.filter { target in cleanFiles.contains { $0.targets.contains(target) } }
    for attack in experiment.attacks {
      let own = attack.levels.filter { level in sets.contains { file($0, attack, level) != nil } }
      if !own.isEmpty { levels[attack.key] = own }
    }
  }

  private func checkGrid(_ experiment: Experiment) throws(Problem) {
    func refuse(_ what: String, _ found: [String]) throws(Problem) {
      throw .usage(
        "the maps of \(name) have none of the experiment's \(what)",
        remedy: "They have: \(found.prefix(12).map { printable($0) }.joined(separator: ", "))"
          + (found.count > 12 ? " and \(found.count - 12) more." : "."))
    }
    if explanations.isEmpty { try refuse("explanations", maps.explanations) }
    if targets.isEmpty { try refuse("targets", maps.targets.map(\.rawValue)) }
    if levels.isEmpty { try refuse("attacks and levels", maps.levels.map(\.words)) }
  }

  /// Whether a file has every series that is measured.
  private func isWhole(_ file: Int) -> Bool { gap(file) == nil }

  private func gap(_ file: Int) -> String? {
    let description = maps.files[file].description
    if let missing = explanations.first(where: { !description.explanations.contains($0) }) { return missing }
    if let missing = targets.first(where: { !description.targets.contains($0) }) {
      return "the target \(missing.rawValue)"
    }
    return layers.first { !description.layers.contains($0) }.map { "the layer \(printable($0))" }
  }

  /// The first thing that images of some files lack, in words; nil where they have all.
  private func lack(_ set: [Int], _ experiment: Experiment) -> String? {
    func lacks(_ file: Int?, _ level: String) -> String? {
      guard let file else { return "the maps of \(name) have not \(level)" }
      return gap(file).map { "the maps of \(name) have \(level) without \($0)" }
    }
    if let reason = lacks(clean(set), "the clean image") { return reason }
    for attack in experiment.attacks {
      for level in levels[attack.key] ?? [] {
        if let reason = lacks(file(set, attack, level), "\(attack.title) at \(names.exact(level))") { return reason }
      }
    }
    return nil
  }

  /// Another number for a class makes every attack and every `label` another one.
  private func checkLabels(_ experiment: Experiment, _ images: [PlannedImage]) throws(Problem) {
    guard experiment.data.labels == .classes else { return }
    var found: (image: PlannedImage, label: Int)?
    var count = 0
    for image in images {
      for place in maps.places(of: image.record.sha256) {
        guard let label = maps.files[place.file].description.images[place.image].label, label != image.record.label
        else { continue }
        count += 1
        if found == nil { found = (image, label) }
        break
      }
    }
    guard let found else { return }
    throw .usage(
      "the maps of \(name) were made with other labels than the data's, of \(count) of \(images.count) images: "
        + "\(found.image.record.path) had \(found.label), and has \(found.image.record.label)",
      remedy:
        "Number the classes alike on both sides, counted from 0: `data.classes` names them in the network's order.")
  }

  // MARK: - What is said of it

  private mutating func tellMissing(_ experiment: Experiment) {
    var missing: [String] = []
    for attack in experiment.attacks {
      let own = attack.levels.filter { !(levels[attack.key] ?? []).contains($0) }
      if own.count == attack.levels.count {
        missing.append(attack.title)
      } else if !own.isEmpty {
        missing.append("\(attack.title) at \(listInWords(own.map(names.exact)))")
      }
    }
    missing += experiment.explain.methods.filter { !explanations.contains(type(of: $0).key) }.map { type(of: $0).title }
    missing += experiment.explain.targets.filter { !targets.contains($0) }.map { "the target \($0.rawValue)" }
    guard !missing.isEmpty else { return }
    warnings.append(
      Warning(
        "The maps of \(name) are without \(listInWords(missing)), which the experiment lists: \(name) is measured without",
        remedy: "Write it into the file of maps, or read the other models' numbers there without it."))
  }

  private mutating func tellOthers(_ experiment: Experiment, _ images: [PlannedImage]) {
    var others: [String] = []
    for level in maps.levels {
      guard case .attack(let attack, let epsilon) = level else { continue }
      let isAsked = levels[attack]?.contains { abs($0 - epsilon) <= 1e-6 * $0 } ?? false
      if !isAsked { others.append(level.words) }
    }
    others += maps.explanations.filter { !explanations.contains($0) }.map { printable($0) }
    others += maps.targets.filter { !targets.contains($0) }.map { "the target \($0.rawValue)" }
    others += maps.layers.filter { !layers.contains($0) }.map { "the layer \(printable($0))" }
    let known = Set(images.map(\.record.sha256))
    var unknown = 0
    maps.forEachImage { if !known.contains($0.sha256) { unknown += 1 } }
    if unknown > 0 { others.append("entries of \(unknown) image\(unknown == 1 ? "" : "s") that the data have not") }
    guard !others.isEmpty else { return }
    let more = others.count > 8 ? " and \(others.count - 8) more" : ""
    notes.append("The maps of \(name) have more than is asked for: \(others.prefix(8).joined(separator: ", "))\(more).")
  }

  private mutating func tellOptions(_ experiment: Experiment) {
    var differing: [String] = []
    func compare(_ key: String, _ own: [String: String]) {
      for said in maps.options {
        for (option, value) in (said[key] ?? [:]).sorted(by: { $0.key < $1.key }) {
          let known = own[option].map { text in
            text == value || NumberText.value(text).map { $0 == NumberText.value(value) } ?? false
          }
          guard known != true else { continue }
          let text = "`\(key).\(printable(option))` \(printable(value)) (here: \(own[option] ?? "no such option"))"
          if !differing.contains(text) { differing.append(text) }
        }
      }
    }
    for attack in experiment.attacks where levels[attack.key] != nil {
      compare(attack.key, attack.attack.writtenOptions)
    }
    for method in experiment.explain.methods where explanations.contains(type(of: method).key) {
      compare(type(of: method).key, method.writtenOptions)
    }
    guard !differing.isEmpty else { return }
    warnings.append(
      Warning(
        "The maps of \(name) were made with other options than the experiment has: \(listInWords(differing))",
        remedy: "The report describes the experiment's: write the same there, or make the maps anew."))
  }

  private mutating func tellOrigin(_ model: PlannedModel, _ images: [PlannedImage]) {
    guard let record = model.record.maps else { return }
    let whole = images.count - lacking.count
    notes.append(
      "The maps of \(name) were computed elsewhere, by \(printable(record.words)); they have all that is asked for of "
        + "\(whole) of \(images.count) image\(images.count == 1 ? "" : "s").")
    guard record.areScaled else { return }
    warnings.append(
      Warning(
        "The maps of \(name) were scaled to [0, 1] before they were written: their peaks are all 1 and tell nothing, nor does what is "
          + "made of peaks",
        remedy: "Write raw maps, cut at 0 and not scaled, where they can be had."))
  }
}
