/// Which requests a server of this machine answers: those of its own pages, and of nobody else's.
///
/// A page of any site may ask 127.0.0.1, and a name of any site may be made to mean it ("DNS rebinding"). Browsers say in `Host`
/// which name was asked, and in `Origin` whose page asks.
public struct LocalRequests: Sendable {
  /// What the server listens on.
  public let port: UInt16

  public init(port: UInt16) { self.port = port }

  /// The names by which the server may be asked, with the port.
  private var hosts: [String] {
    ["127.0.0.1", "localhost"].flatMap { port == 80 ? ["\($0):80", $0] : ["\($0):\(port)"] }
  }

  /// - Parameters:
  ///   - host: of the header; nil where there is none.
  ///   - origin: of the header; browsers leave it out where the user opens a page.
  ///   - changes: whether the request starts something: the page itself must ask for that, and say so.
  public func admits(host: String?, origin: String?, changes: Bool) -> Bool {
    guard let host = host?.lowercased(), hosts.contains(host) else { return false }
    guard let origin else { return !changes }
    return hosts.contains { origin.lowercased() == "http://\($0)" }
  }
}
