/// How this program was built.
public enum BuildRecord {
  /// The commit that was checked out, in hexadecimal, with "+changes" behind it where the tree differed from it and who
  /// built said so; nil where nobody knows.
  public static var commit: String? { recordedCommit.isEmpty ? nil : recordedCommit }
}
