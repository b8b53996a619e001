/// This program.
public enum Heatdrift {
  /// Of what is built; packages, `CITATION.cff` and the changelog have the same.
  public static let version = "0.1.0"
}
