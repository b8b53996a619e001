/// A published work, as lists of references have it.
public struct Publication: Sendable, Hashable {
  /// "K. Simonyan, A. Zisserman"
  public let authors: String
  /// As it was published, without a full stop.
  public let title: String
  /// Where it appeared, with volume and pages where it has them.
  public let venue: String
  /// In which it appeared.
  public let year: Int
  /// By which it is found: "doi:10.1109/TIP.2003.819861", "arXiv:1412.6572"; nil where there is none.
  public let identifier: String?

  public init(_ authors: String, _ title: String, _ venue: String, _ year: Int, _ identifier: String? = nil) {
    self.authors = authors
    self.title = title
    self.venue = venue
    self.year = year
    self.identifier = identifier
  }
}

/// What a report's text introduces where it first names it: by what its name stands for, and by who published it.
public protocol Citable {
  /// What the letters of the title stand for, within a sentence; nil where it is no acronym.
  static var expansion: String? { get }
  /// In the order in which they are cited; none where nobody in particular published it.
  static var references: [Publication] { get }
}

extension Citable {
  public static var expansion: String? { nil }

  public static var references: [Publication] { [] }
}
