import Figures
import Results

/// What noise of the same size does, beside the attack that stands for each model in prose: a drift is called the attack's only
/// where it is more than noise makes, by more than chance.
struct NoiseWords {
  private struct Found {
    var model: String
    var attacked: Double
    var noise: Double
    var difference: LevelDifference
    /// Adjusted by Holm for all models.
    var probability: Double

    var isMore: Bool { difference.mod.interval != nil && difference.mod.value > 0 && probability < 0.05 }
  }

  private let found: [Found]
  private let level: String

  init(_ data: ReportData) {
    var known: [(main: SeriesSummary, noise: Double, attacked: Double, difference: LevelDifference)] = []
    for main in data.mains {
      // At the strongest level that both have.
      guard let baseline = data.baselines(of: [main]).first,
        let epsilon = main.levels.map(\.epsilon).last(where: { ReportData.level(baseline, $0) != nil }),
        let attacked = ReportData.level(main, epsilon)?.mod.value,
        let noise = ReportData.level(baseline, epsilon)?.mod.value, attacked.isFinite, noise.isFinite,
        let difference = data.results.differences(among: [main, baseline], epsilons: [epsilon])
          .of(main.identity, minus: baseline.identity)?.levels.first
      else { continue }
      known.append((main, noise, attacked, difference))
    }
    let adjusted = Holm.adjusted(known.map(\.difference.probability))
    found = zip(known, adjusted).map {
      Found(
        model: $0.main.model.name, attacked: $0.attacked, noise: $0.noise, difference: $0.difference, probability: $1)
    }
    let levels = Set(known.map(\.difference.epsilon))
    level =
      levels.count == 1
      ? "ε\u{A0}=\u{A0}\(levels.first.map(data.printed) ?? "–")" : "the strongest level of each"
  }

  /// Empty where no noise was measured beside an attack.
  var sentence: String {
    guard let least = found.min(by: { $0.noise < $1.noise }), let most = found.max(by: { $0.noise < $1.noise }) else {
      return ""
    }
    func value(_ one: Found) -> String { Numbers.fixed(one.noise, 3) }
    let shares = found.filter { $0.attacked > 0 }.map { $0.noise / $0.attacked }
    let share =
      shares.isEmpty
      ? ""
      : ", \(Values.range(Numbers.percent(shares.min() ?? 0, 0), to: Numbers.percent(shares.max() ?? 0, 0))) of the attack’s"
    let start =
      "Noise of the same size, at \(level), moves the heatmaps by a MOD "
      + Values.range([(value(least), least.model), (value(most), most.model)], joint: "of ") + share
    let test = "sign-flip test" + (found.count > 1 ? ", adjusted by Holm" : "")
    let more = found.filter(\.isMore).map(\.model)
    let others = found.filter { !$0.isMore }.map(\.model)
    if others.isEmpty {
      return start + ": the attack moves them further"
        + (found.count == 1 ? "" : found.count == 2 ? " in both models" : " in every model") + " (\(test))."
    }
    let rest =
      "in \(Values.list(others)) more than chance does not tell the attack from noise, so that the drift there is not called the "
      + "attack’s"
    return more.isEmpty
      ? "\(start); \(rest) (\(test))."
      : "\(start). The attack moves them further in \(Values.list(more)); \(rest) (\(test))."
  }
}
