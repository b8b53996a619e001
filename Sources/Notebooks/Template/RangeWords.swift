import Figures
import Results
import Support

extension Values {
  /// "between 0.070 (Xception) and 0.308 (VGG16)"; "0.070" where there is one, or where all are printed alike: nothing lies
  /// between a number and itself.
  /// - Parameters:
  ///   - ascending: least first, each with whose it is.
  ///   - joint: before a number that all share.
  ///   - separator: between a text with brackets of its own, which then has the name within these, and that name; nil for a
  ///     text without.
  static func range(
    _ ascending: [(text: String, name: String)], joint: String = "", separately separator: String? = nil
  ) -> String {
    guard let least = ascending.first, let most = ascending.last else { return "–" }
    func words(_ one: (text: String, name: String)) -> String {
      guard let separator, one.text.hasSuffix(")") else { return "\(one.text) (\(one.name))" }
      return "\(one.text.dropLast())\(separator)\(one.name))"
    }
    return least.text == most.text ? joint + least.text : "between \(words(least)) and \(words(most))"
  }

  /// "24% to 61%"; "24%" where both are printed alike.
  static func range(_ least: String, to most: String) -> String { least == most ? least : "\(least) to \(most)" }

  /// What there is no value of that name, with one that may have been meant.
  static func unknown(_ name: String, at place: Place) -> Problem {
    .usage(
      at: place, name.isEmpty ? "`{{ }}` is empty" : "unknown value `\(name)`",
      remedy: closestMatch(to: name, in: all.map(\.name)).map { "Did you mean `\($0)`?" }
        ?? "All values stand at the end of Documentation/Cells.md, and in `heatdrift cells --markdown`.")
  }

  static let ranges: [ValueDefinition] = [
    define(
      "mods.range",
      "Between which MODs the ranked models lie at the strongest attack, behind “MOD”: “lies between 0.070 (Xception) and 0.308 "
        + "(VGG16)”; “is 0.000 in every ranked model” where all are alike."
    ) { data, _, _ in
      let found = ordered(data) { $0.levels.last?.mod.value }.map { (Numbers.fixed($0.value, 3), $0.name) }
      guard let first = found.first, let last = found.last else { return .text("is not known") }
      if found.count == 1 { return .text("is \(first.0) (\(first.1))") }
      return .text(
        first.0 == last.0
          ? "is \(first.0) in \(found.count == 2 ? "both" : "all \(ValueEvaluator.word(found.count))") models"
          : "lies \(range(found))")
    },
    define(
      "accuracy.sentence",
      "How many clean images the ranked models classify correctly, and how many at the strongest attack; empty where labels are no "
        + "classes or none is ranked."
    ) { data, _, _ in
      let ranked = Set(data.ranking.ranked.map(\.model.key))
      let mains = data.mains.filter { ranked.contains($0.model.key) }
      func ascending(_ share: (SeriesSummary) -> Proportion?) -> [(share: Proportion, name: String)] {
        mains.compactMap { one in share(one).flatMap { $0.total > 0 ? ($0, one.model.name) : nil } }
          .enumerated().sorted { ($0.1.0.estimate.value, $0.0) < ($1.1.0.estimate.value, $1.0) }.map(\.1)
      }
      let clean = ascending(\.cleanAccuracy)
      let attacked = ascending { $0.levels.last?.accuracy }
      guard data.results.labels == .classes, let least = clean.first, let most = clean.last, !attacked.isEmpty else {
        return .text("")
      }
      let who = data.ranking.unranked.isEmpty ? "model" : "ranked model"
      let every = clean.count == 1 ? least.name : clean.count == 2 ? "Both \(who)s" : "Every \(who)"
      let verb = clean.count == 2 ? "classify" : "classifies"
      let amount =
        least.share.count == least.share.total
        ? "every clean image"
        : (least.share.counted == most.share.counted ? "" : "at least ") + "\(least.share.counted) clean images"
      let counts = attacked.map(\.share)
      let end =
        counts.allSatisfy { $0.count == 0 }
        ? "none"
        : counts.allSatisfy { $0.count == $0.total }
          ? "all" : range(attacked.map { ($0.share.counted, $0.name) }, separately: "; ")
      return .text("\(every) \(verb) \(amount) correctly, and \(end) at the strongest attack.")
    },
    define(
      "predictions.sentence",
      "`accuracy.sentence`, or `held.sentence` where labels are no classes; empty where no model is ranked."
    ) { data, scope, arguments in
      let name = data.results.labels == .classes ? "accuracy.sentence" : "held.sentence"
      return try all.first { $0.name == name }?.evaluate(data, scope, arguments) ?? .text("")
    },
    define(
      "validity.sentence",
      "That the control does not drift, that no map is dead and that no image was left out, as far as each of it is so; else what was "
        + "found."
    ) { data, _, _ in .text(data.validity) },
    define("dead.sentence", "How many heatmaps are dead, each counted once; empty where none is.") { data, _, _ in
      .text(data.deadMaps)
    },
  ]

  /// Values of the ranked models, least first; ties keep the experiment's order.
  private static func ordered(
    _ data: ReportData, _ quantity: (SeriesSummary) -> Double?
  ) -> [(value: Double, name: String)] {
    let ranked = Set(data.ranking.ranked.map(\.model.key))
    return data.mains.filter { ranked.contains($0.model.key) }.enumerated()
      .compactMap { entry in quantity(entry.element).map { (entry.offset, $0, entry.element.model.name) } }
      .filter { $0.1.isFinite }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map { ($0.1, $0.2) }
  }
}

extension Proportion {
  /// "27 of 40 (67.5%)".
  var counted: String {
    "\(Numbers.grouped(count)) of \(Numbers.grouped(total)) (\(Numbers.percent(estimate.value, 1)))"
  }
}

extension ReportData {
  /// The greatest drift of the control in any series; nil where it was not run.
  var greatestControl: Double? {
    summaries.compactMap { $0.control.dissimilarities.lazy.filter(\.isFinite).max() }.max()
  }

  /// How many heatmaps are dead, in a sentence; empty where none is.
  fileprivate var deadMaps: String {
    switch results.deadMapCount {
    case 0: ""
    case 1: "One heatmap is dead, that is, without any positive value."
    case let count:
      "\(ValueEvaluator.word(count).capitalisedFirst) heatmaps are dead, that is, without any positive value."
    }
  }

  /// What the checks of the run found, in sentences.
  fileprivate var validity: String {
    let control = greatestControl
    let words =
      switch control {
      case nil: "No control was run"
      case 0?: "The control, clean images explained a second time, does not drift at all"
      case let found?:
        "The control, clean images explained a second time, drifts by up to \(Numbers.significant(found, 3)) where it must not drift"
      }
    let skipped = results.skipped.count
    var rest: [String] = []
    if deadMaps.isEmpty { rest.append("no heatmap is dead (without any positive value)") }
    if skipped == 0 { rest.append("no image was left out") }
    var sentences = [listInWords([words] + rest) + "."]
    if !deadMaps.isEmpty { sentences.append(deadMaps) }
    if skipped > 0 {
      sentences.append(
        "\(ValueEvaluator.word(skipped).capitalisedFirst) \(skipped == 1 ? "image" : "images") could not be measured.")
    }
    return sentences.joined(separator: " ")
  }
}

extension String {
  /// For the beginning of a sentence.
  var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
