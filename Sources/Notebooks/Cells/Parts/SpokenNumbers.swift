import Figures
import Results

/// What figures show, in words for those who do not see them.
extension ReportData {
  /// "0.069 at 0.005, 0.078 at 0.01": the MOD of a series at each of these levels that it has.
  func spokenMOD(_ summary: SeriesSummary, _ epsilons: [Double]) -> String {
    let levels = summary.levels.filter { epsilons.contains($0.epsilon) }
    guard !levels.isEmpty else { return "nothing" }
    return levels.map { "\(Numbers.fixed($0.mod.value, 3)) at \(printed($0.epsilon))" }.joined(separator: ", ")
  }
}
