import Explanations
import Figures
import Measures
import Results
import Support

/// Values of one model, or of one series of it.
extension Values {
  private static func series(_ data: ReportData, _ scope: Scope) throws -> SeriesSummary {
    if let series = scope.series { return series }
    return try some(data.main(try record(data, scope)))
  }

  private static func record(_ data: ReportData, _ scope: Scope) throws -> ModelRecord {
    if let model = scope.model { return model }
    if data.results.models.count == 1, let only = data.results.models.first { return only }
    throw Problem.usage(
      "values of one model can stand only where it is clear which one is meant",
      remedy: "Put the text between `{% for model in models %}` and `{% end %}`.")
  }

  private static func level(
    _ data: ReportData, _ summary: SeriesSummary, _ arguments: [String]
  ) throws -> LevelSummary {
    guard let argument = arguments.first else {
      guard let last = summary.levels.last else {
        throw Problem.failure("the experiment has no attack level")
      }
      return last
    }
    let known = summary.levels.map { data.printed($0.epsilon) }
    let match = summary.levels.first {
      data.printed($0.epsilon) == argument || NumberText.value(argument) == $0.epsilon
    }
    guard let match else {
      throw Problem.usage(
        "the experiment has no attack level `\(argument)`",
        remedy: known.isEmpty ? "There are none." : "Known are: \(known.map { "`\($0)`" }.joined(separator: ", ")).")
    }
    return match
  }

  static let model: [ValueDefinition] = [
    define("model.name", "The model's name.") { data, scope, _ in .text(try record(data, scope).name) },
    define("model.key", "The model's key, of letters, digits and hyphens, for labels.") { data, scope, _ in
      .text(ReportData.slug(try record(data, scope).key))
    },
    define("series.key", "The model's key, with whatever else there are several of, for labels.") {
      data, scope, _ in .text(data.slug(try series(data, scope)))
    },
    define("series.name", "The model's name, with whatever else there are several of.") { data, scope, _ in
      .text(data.naming.label(try series(data, scope)))
    },
    define("model.architecture", "The model's architecture.") { data, scope, _ in
      .text(try record(data, scope).architecture)
    },
    define("model.width", "The factor on the model's channel counts.") { data, scope, _ in
      .text(Numbers.significant(try record(data, scope).width, 4))
    },
    define(
      "model.introduction",
      "How many parameters the model has and what it sees, in a sentence; or who computed its maps, where Heatdrift did not run it."
    ) { data, scope, _ in .text(try record(data, scope).introduction) },
    define("model.parameters", "The number of the model's parameters; 0 where nobody says it.") { data, scope, _ in
      .count(try record(data, scope).parameterCount)
    },
    define("model.input-size", "Height and width of the model's input in pixels.") { data, scope, _ in
      .text(String(try record(data, scope).inputSize))
    },
    define("model.layer", "The explained layer.") { data, scope, _ in .text(try series(data, scope).layer) },
    define("model.target", "The explained class.") { data, scope, _ in .text(try series(data, scope).target.rawValue) },
    define("model.images", "Images measured on the model.") { data, scope, _ in
      .count(try series(data, scope).imageCount)
    },
    define("model.clean-accuracy", "Accuracy on clean images.") { data, scope, _ in
      .number(try series(data, scope).cleanAccuracy.value, decimals: 3)
    },
    define("model.accuracy", "Accuracy at an attack level, or at the strongest.", parameters: ["EPSILON"]) {
      .number(try level($0, series($0, $1), $2).accuracy.value, decimals: 3)
    },
    define(
      "model.held", "Share of predictions that held, at an attack level, or at the strongest.", parameters: ["EPSILON"]
    ) { .number(try level($0, series($0, $1), $2).heldShare, decimals: 3) },
    define(
      "model.predictions-sentence",
      "How many images the model classifies correctly, clean and at the strongest attack; how many predictions hold where labels are "
        + "no classes; empty where there is no attack level."
    ) { data, scope, _ in
      let summary = try series(data, scope)
      guard let last = summary.levels.last else { return .text("") }
      let level = "ε\u{A0}=\u{A0}\(data.printed(last.epsilon))"
      if data.results.labels != .classes {
        let all = Numbers.grouped(last.flipped.total)
        return .text(
          "At \(level), \(Numbers.grouped(last.heldCount)) of its \(all) predictions hold (\(Numbers.percent(last.heldShare)))."
        )
      }
      let clean = summary.cleanAccuracy
      let amount =
        clean.count == clean.total && clean.total > 1
        ? "all \(Numbers.grouped(clean.total)) clean images" : "\(clean.counted) clean images"
      return .text("It classifies \(amount) correctly, and \(last.accuracy.counted) at \(level).")
    },
    define("model.success", "Attack success rate at an attack level, or at the strongest.", parameters: ["EPSILON"]) {
      .number(try level($0, series($0, $1), $2).successRate ?? .nan, decimals: 3)
    },
    define("model.mod", "MOD at an attack level, or at the strongest.", parameters: ["EPSILON"]) {
      .number(try level($0, series($0, $1), $2).mod.value, decimals: 3)
    },
    define(
      "model.mod-interval", "95% interval of MOD at an attack level, or at the strongest.", parameters: ["EPSILON"]
    ) {
      let mod = try level($0, series($0, $1), $2).mod
      guard let interval = mod.interval else { return .text("–") }
      return .text("\(Numbers.fixed(interval.lower, 3)) to \(Numbers.fixed(interval.upper, 3))")
    },
    define(
      "model.unrelated",
      "How far apart unrelated maps lie: the mean measure between clean maps of images with different labels; empty where it is "
        + "not known."
    ) { data, scope, _ in known(data.results.unrelatedMean(of: try series(data, scope)), decimals: 3) },
    define(
      "model.unrelated-same",
      "The same between clean maps of different images with the same label; empty where there are none."
    ) { data, scope, _ in
      known(data.results.knownUnrelatedMaps(of: try series(data, scope))?.sameLabel?.value, decimals: 3)
    },
    define(
      "model.relative-drift",
      "MOD divided by `model.unrelated`, at an attack level, or at the strongest: 0 nothing moved, 1 as far as the map of "
        + "another label’s image; empty where it is not known.", parameters: ["EPSILON"]
    ) { data, scope, arguments in
      let summary = try series(data, scope)
      return known(data.results.relativeDrift(of: summary, at: try level(data, summary, arguments)), decimals: 2)
    },
    define(
      "model.noise-mod",
      "MOD under noise of the same size, at an attack level, or at the attack’s strongest; empty where it was not measured.",
      parameters: ["EPSILON"]
    ) { data, scope, arguments in
      let summary = try series(data, scope)
      let epsilon = try level(data, summary, arguments).epsilon
      return known(
        data.baselines(of: [summary]).lazy.compactMap { ReportData.level($0, epsilon) }.first?.mod.value, decimals: 3)
    },
    define("model.weakest-mod", "MOD at the weakest attack.") { data, scope, _ in
      .number(try series(data, scope).levels.first?.mod.value ?? .nan, decimals: 3)
    },
    define("model.vid", "VID.") { data, scope, _ in .number(try series(data, scope).vid.value, decimals: 3) },
    define("model.vid-sentence", "VID, in a sentence; nothing where there is one attack level.") { data, scope, _ in
      let vid = try series(data, scope).vid.value
      return .text(vid.isFinite ? "Its VID is \(Numbers.fixed(vid, 3))." : "")
    },
    define("model.dead", "Dead maps.") { data, scope, _ in .count(try series(data, scope).deadMapCount) },
    define(
      "model.moved-more",
      "Share of images that drift at the strongest attack by more than a quarter of what the measure can reach."
    ) { data, scope, arguments in
      let summary = try series(data, scope)
      guard let bounds = data.results.measureBounds(summary.measure) else { return .number(.nan, decimals: 3) }
      let quarter = bounds.lowerBound + (bounds.upperBound - bounds.lowerBound) / 4
      let values = try level(data, summary, arguments).dissimilarities.filter(\.isFinite)
      return .number(Double(values.count { $0 > quarter }) / Double(max(1, values.count)), decimals: 3)
    },
  ]
}
