import Dispatch
import FlyingFox
import FlyingSocks
import Foundation
import Support
import Synchronization

/// Serves pages on this machine, to this machine alone.
///
///     let server = try ReportServer.start(pages, port: 8231) { ... }
///     print(server.address)
///     server.stop()
public final class ReportServer: Sendable {
  /// What it listens on.
  public let port: UInt16
  private let server: HTTPServer
  private let pages: ShownPages

  private init(port: UInt16, server: HTTPServer, pages: ShownPages) {
    self.port = port
    self.server = server
    self.pages = pages
  }

  /// What a browser opens.
  public var address: String { "http://127.0.0.1:\(port)/" }

  /// Where nobody says otherwise.
  public static let standardPort: UInt16 = 8231
  /// How many ports are tried where the first is taken.
  static let attempts = 20
  /// How long a browser waits for news before it asks again; less than the server allows an answer.
  static let patience = Duration.seconds(10)

  /// Listens on a port, or the next free one.
  /// - Parameters:
  ///   - isFixed: whether no other port will do.
  ///   - measure: called when somebody presses the page's button.
  /// - Throws: `Problem` of kind `.failure` where no port is free.
  public static func start(
    _ pages: ShownPages, port first: UInt16 = standardPort, isFixed: Bool = false,
    measure: @escaping @Sendable () -> Void
  ) throws(Problem) -> ReportServer {
    let last = isFixed ? first : UInt16(min(Int(first) + attempts - 1, 65_535))
    var reason = ""
    for port in first...last {
      switch listen(pages, port, measure) {
      case .success(let server): return server
      case .failure(let failure): reason = failure.words
      }
    }
    throw .failure(
      first == last
        ? "port \(first) cannot be listened on: \(reason)" : "none of the ports \(first) to \(last) is free: \(reason)",
      remedy: "Choose another with --port.")
  }

  private struct Failure: Error { let words: String }

  /// What comes first of two things that are waited for.
  private final class Outcome: Sendable {
    private let state = Mutex<Result<Void, Failure>?>(nil)
    var value: Result<Void, Failure>? { state.withLock { $0 } }
    func become(_ value: Result<Void, Failure>) { state.withLock { $0 = $0 ?? value } }
  }

  private static func listen(
    _ pages: ShownPages, _ port: UInt16, _ measure: @escaping @Sendable () -> Void
  ) -> Result<ReportServer, Failure> {
    guard let address = try? sockaddr_in.inet(ip4: "127.0.0.1", port: port) else {
      return .failure(Failure(words: "127.0.0.1 is no address here"))
    }
    let answers = Answers(pages: pages, requests: LocalRequests(port: port), measure: measure)
    let server = HTTPServer(
      address: address, logger: .disabled, handler: ClosureHTTPHandler { await answers.answer($0) })
    let outcome = Outcome()
    Task {
      do {
        try await server.run()
      } catch {
        outcome.become(.failure(Failure(words: words(error))))
      }
    }
    Task {
      do {
        try await server.waitUntilListening()
        outcome.become(.success(()))
      } catch {
        outcome.become(.failure(Failure(words: words(error))))
      }
    }
    while true {
      if let outcome = outcome.value {
        return outcome.map { ReportServer(port: port, server: server, pages: pages) }
      }
      usleep(1000)
    }
  }

  private static func words(_ error: any Error) -> String {
    if case SocketError.failed(_, let code, _) = error { return systemMessage(code) }
    return error.localizedDescription
  }

  /// Tells the browsers, and lets the port go.
  public func stop() {
    pages.tell { $0.isEnding = true }
    let done = DispatchSemaphore(value: 0)
    let server = server
    Task {
      await server.stop(timeout: 0.3)
      done.signal()
    }
    _ = done.wait(timeout: .now() + 2)
  }
}

/// What the server says to a request.
struct Answers: Sendable {
  let pages: ShownPages
  let requests: LocalRequests
  let measure: @Sendable () -> Void

  func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let changes = request.method != .GET && request.method != .HEAD
    guard
      requests.admits(
        host: request.headers[.host], origin: request.headers[HTTPHeader("Origin")], changes: changes)
    else { return Self.response(.forbidden, "text/plain", Array("This server answers its own pages alone.\n".utf8)) }
    switch (request.method, request.path) {
    case (.POST, "/measure"):
      measure()
      return Self.response(.accepted, "text/plain", [])
    case (.GET, "/events"):
      let version = request.query["after"].flatMap { Int($0) } ?? 0
      var status = await pages.status(after: version, within: ReportServer.patience)
      if let number = request.query["page"].flatMap({ Int($0) }) {
        (status.page, status.change) = pages.change(from: number, path: request.query["path"] ?? "/")
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      guard let bytes = try? encoder.encode(status) else {
        return Self.response(.internalServerError, "text/plain", [])
      }
      return Self.response(.ok, "application/json", Array(bytes))
    case (.GET, let path), (.HEAD, let path):
      guard let page = pages.page(path) else {
        return Self.response(.notFound, "text/plain", Array("There is no such page.\n".utf8))
      }
      return Self.response(.ok, "text/html; charset=utf-8", page)
    default: return Self.response(.methodNotAllowed, "text/plain", [])
    }
  }

  private static func response(_ code: HTTPStatusCode, _ type: String, _ bytes: [UInt8]) -> HTTPResponse {
    HTTPResponse(
      statusCode: code,
      headers: [
        .contentType: type, .cacheControl: "no-store", HTTPHeader("X-Content-Type-Options"): "nosniff",
        HTTPHeader("X-Frame-Options"): "DENY", HTTPHeader("Content-Security-Policy"): "frame-ancestors 'none'",
        HTTPHeader("Cross-Origin-Resource-Policy"): "same-origin", HTTPHeader("Referrer-Policy"): "no-referrer",
      ],
      // One piece: a page of megabytes in pieces of 4 KB takes a tenth of a second.
      body: HTTPBodySequence(data: Data(bytes), suggestedBufferSize: 1 << 20))
  }
}
