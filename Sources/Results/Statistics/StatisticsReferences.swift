import Support

extension Publication {
  /// Of the intervals over images (`Resamples`, `IntervalRule`).
  public static let bootstrap = Publication(
    "B. Efron, R. J. Tibshirani", "An Introduction to the Bootstrap", "Chapman and Hall", 1993)
  /// Of the intervals of shares (`Proportion`).
  public static let scoreInterval = Publication(
    "E. B. Wilson", "Probable Inference, the Law of Succession, and Statistical Inference",
    "Journal of the American Statistical Association 22, 209–212", 1927, "doi:10.1080/01621459.1927.10502953")
  /// Of p-values of several differences at once (`ModDifference`).
  public static let severalTests = Publication(
    "S. Holm", "A Simple Sequentially Rejective Multiple Test Procedure", "Scandinavian Journal of Statistics 6, 65–70",
    1979, "doi:10.2307/4615733")
}
