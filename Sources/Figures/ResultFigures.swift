import Results
import Typesetting

/// Figures of measured series: summaries in, plots out.
public enum ResultFigures {
  /// MOD and, beside it, accuracy (`LevelSummary.accuracy`) against the attack level, with 95% intervals.
  ///
  /// MOD starts from the control at epsilon 0, accuracy from the clean images; both stand on the same horizontal
  /// axis, accuracy on all of [0, 1].
  /// - Parameters:
  ///   - measure: of all summaries.
  ///   - epsilons: the levels to show; others are left out.
  ///   - share: what accuracy is called; nil leaves it out.
  ///   - label: what a curve is called at its end.
  ///   - noise: what the curves are held against, in the colour of the series that is the same but for the attack, and its name.
  ///   - unrelated: how far apart unrelated maps of some series lie, drawn as ticks at the right.
  ///   - shared: values of MOD that the axes have to hold as well, of figures that this one is to be compared with.
  ///   - byModel: whether each model has panels of its own, named after it, on one scale: those of MOD, then those of accuracy.
  ///   - splitsPairs: whether MOD of the pairs that held their prediction stands beside that of those that flipped, dashed, in
  ///     place of that of all.
  public static func curves(
    _ summaries: [SeriesSummary], of measure: MeasureScale, epsilons: [Double], naming: SeriesNaming,
    spacing: EpsilonAxis.Spacing = .log,
    share: String? = "accuracy", label: ((SeriesSummary) -> String)? = nil,
    noise: (title: String, series: [SeriesSummary])? = nil, unrelated: [(series: SeriesSummary, mean: Double)] = [],
    splitsPairs: Bool = false, shared: [Double] = [], byModel: Bool = false, width: Double
  ) -> CurvePlot {
    func style(ofNoise noise: SeriesSummary) -> SeriesStyle {
      let own = summaries.first { summary in
        var identity = noise.identity
        identity.attack = summary.attack
        return identity == summary.identity
      }
      return naming.style(own ?? noise)
    }
    func series(
      _ summaries: [SeriesSummary], _ estimate: (LevelSummary) -> Estimate, _ style: (SeriesSummary) -> SeriesStyle,
      suffix: String = "", dash: [Double]? = nil
    ) -> [CurveSeries] {
      summaries.map { summary in
        let levels = [summary.control] + summary.levels.filter { epsilons.contains($0.epsilon) }
        let points = levels.map { level in
          let value = estimate(level)
          return CurvePoint(epsilon: level.epsilon, value: value.value, lower: value.lower, upper: value.upper)
        }
        var style = style(summary)
        if let dash { style.dash = dash }
        return CurveSeries(label: (label?(summary) ?? naming.label(summary)) + suffix, style: style, points: points)
      }
    }
    /// Of one model's series, or of all.
    func panel(
      _ title: String, _ own: [SeriesSummary], _ estimate: (LevelSummary) -> Estimate
    ) -> CurvePanel {
      let keys = Set(own.map(\.model.key))
      var panel = CurvePanel(title: title, series: series(own, estimate, naming.style))
      panel.companions = series(
        (noise?.series ?? []).filter { keys.contains($0.model.key) }, estimate, style(ofNoise:))
      return panel
    }
    func drift(_ title: String, _ own: [SeriesSummary]) -> CurvePanel {
      var panel = panel(title, own, \.mod)
      let keys = Set(own.map(\.model.key))
      if splitsPairs {
        func name(_ part: String) -> String { byModel && own.count == 1 ? part : ", " + part }
        panel.series =
          series(own, \.modHeld, naming.style, suffix: name("held"), dash: [])
          + series(own, \.modFlipped, naming.style, suffix: name("flipped"), dash: [3, 1.4])
      }
      panel.bounds = measure.bounds
      panel.marks = unrelated.filter { keys.contains($0.series.model.key) }.map {
        CurvePanel.Mark(
          value: $0.mean, style: naming.style($0.series),
          label: naming.label($0.series, withAttack: false) + ", clean maps of different labels")
      }
      return panel
    }
    let groups: [[SeriesSummary]] =
      byModel
      ? summaries.reduce(into: []) { found, one in
        if let index = found.firstIndex(where: { $0[0].model.key == one.model.key }) {
          found[index].append(one)
        } else {
          found.append([one])
        }
      } : [summaries]
    var panels = groups.map { drift(byModel ? "\($0[0].model.name): MOD" : measure.modTitle, $0) }
    if byModel || !shared.isEmpty {
      let common = Ticks.range(withZero: panels.flatMap(\.values) + shared.filter(\.isFinite))
      for index in panels.indices { panels[index].range = common }
    }
    if let share {
      panels += groups.map { group in
        let title = share + ", %"
        var panel = panel(byModel ? "\(group[0].model.name): \(title)" : title, group, \.accuracy.estimate)
        panel.isShare = true
        panel.range = 0...1
        return panel
      }
    }
    var plot = CurvePlot(
      panels: panels, axis: EpsilonAxis(epsilons, spacing: spacing), width: width,
      plotHeight: byModel ? 105 : share == nil ? 180 : 140)
    plot.companionTitle = noise?.title
    plot.markTitle = unrelated.isEmpty ? nil : "clean maps of different labels"
    plot.perBlock = byModel ? groups.count : nil
    return plot
  }

  /// The measure of every image, rows series, columns attack levels.
  /// - Parameters:
  ///   - shared: summaries whose values set the axes, at least those shown.
  ///   - measure: of all summaries.
  ///   - form: how values are drawn.
  ///   - filled: which values of a series at a level are filled; nil for all.
  public static func distributions(
    _ summaries: [SeriesSummary], sharedWith shared: [SeriesSummary], of measure: MeasureScale, epsilons: [Double],
    naming: SeriesNaming, form: DistributionForm, width: Double,
    filled: (SeriesIdentity, Double) -> [Double]? = { _, _ in nil }
  ) -> DistributionGrid {
    let rows = summaries.map { summary in
      DistributionRow(
        label: naming.label(summary), style: naming.style(summary),
        panels: epsilons.map { epsilon in
          guard let level = summary.levels.first(where: { $0.epsilon == epsilon }) else { return .empty }
          return DistributionPanel(
            values: level.dissimilarities, mean: level.mod.value, deadCount: level.deadCount,
            filled: filled(summary.identity, epsilon))
        })
    }
    return DistributionGrid(
      rows: rows, epsilons: epsilons, measure: measure, form: form, width: width,
      shared: shared.flatMap { $0.levels.map(\.dissimilarities) })
  }
}
