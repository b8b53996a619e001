import Foundation
import Support
import Synchronization
import Testing

@testable import Watching

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The server, asked as any program may ask it.
@Suite(.serialized) struct ReportServerTests {
  /// Sends bytes and reads until the other end closes.
  private static func ask(_ port: UInt16, _ request: String) -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { return "no connection" }
    let bytes = Array(request.utf8)
    _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    var answer: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(descriptor, &piece, piece.count, 0)
      guard count > 0 else { break }
      answer += piece.prefix(count)
    }
    return String(decoding: answer, as: UTF8.self)
  }

  private static func get(_ port: UInt16, _ path: String, _ lines: String = "", method: String = "GET") -> String {
    ask(
      port,
      "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\nContent-Length: 0\r\n\(lines)\r\n")
  }

  /// Whoever waits for the server must not hold one of the threads on which it answers: there are as few as cores.
  private static func apart(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
  }

  @Test func pagesEventsAndTheButton() async throws { try await Self.apart(Self.checkPagesEventsAndTheButton) }

  @Test func theNextPortIsTakenAndAStoppedOneIsFree() async throws { try await Self.apart(Self.checkPorts) }

  @Sendable private static func checkPagesEventsAndTheButton() throws {
    let pages = ShownPages()
    pages.show(["/": ShownPage("<html lang=\"en\">first"), "/other": ShownPage("second")])
    let count = PressCount()
    let server = try ReportServer.start(pages, port: 28_231) { count.add() }
    defer { server.stop() }
    let port = server.port
    #expect(server.address == "http://127.0.0.1:\(port)/")

    let page = Self.get(port, "/")
    #expect(page.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(page.hasSuffix("\r\n\r\n<html data-page=\"1\" lang=\"en\">first"))
    #expect(page.contains("Cache-Control: no-store\r\n") && page.contains("X-Content-Type-Options: nosniff\r\n"))
    #expect(Self.get(port, "/other").hasSuffix("\r\n\r\nsecond"))
    #expect(Self.get(port, "/nothing").hasPrefix("HTTP/1.1 404 "))
    #expect(Self.get(port, "/", method: "DELETE").hasPrefix("HTTP/1.1 403 "))

    // Who has a page is told what has changed of it, and who has another that nobody remembers is not.
    pages.show(["/": ShownPage("<html lang=\"en\">third"), "/other": ShownPage("second")])
    #expect(
      Self.get(port, "/events?after=0&page=1&path=/").contains(
        "\"change\":{\"count\":1,\"elements\":[\"<html lang=\\\"en\\\">third\"]}"))
    #expect(Self.get(port, "/events?after=0&page=1&path=/other").contains("\"elements\":[0]"))
    for query in ["page=2&path=/", "page=0&path=/", "page=1&path=/none", "page=junk"] {
      #expect(!Self.get(port, "/events?after=0&\(query)").contains("change"))
    }

    let events = Self.get(port, "/events?after=0")
    #expect(events.contains("\"page\":2") && events.contains("\"faults\":[]"))

    #expect(Self.get(port, "/measure", method: "POST").hasPrefix("HTTP/1.1 403 "))
    #expect(Self.get(port, "/measure", "Origin: http://evil.example\r\n", method: "POST").hasPrefix("HTTP/1.1 403 "))
    #expect(count.value == 0)
    let own = Self.get(port, "/measure", "Origin: http://127.0.0.1:\(port)\r\n", method: "POST")
    #expect(own.hasPrefix("HTTP/1.1 202 "))
    #expect(count.value == 1)
    // A link on a page cannot press it.
    #expect(Self.get(port, "/measure").hasPrefix("HTTP/1.1 404 "))
    #expect(count.value == 1)

    #expect(
      Self.ask(port, "GET / HTTP/1.1\r\nHost: evil.example:\(port)\r\nConnection: close\r\n\r\n").hasPrefix(
        "HTTP/1.1 403 "))
    #expect(Self.ask(port, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n").hasPrefix("HTTP/1.1 403 "))
    _ = Self.ask(port, "\0\u{1}rubbish\r\n\r\n")
    #expect(Self.get(port, "/").hasPrefix("HTTP/1.1 200 "))
  }

  @Sendable private static func checkPorts() throws {
    let first = try ReportServer.start(ShownPages(), port: 28_331) {}
    let second = try ReportServer.start(ShownPages(), port: first.port) {}
    #expect(second.port > first.port && Int(second.port) < Int(first.port) + ReportServer.attempts)
    let refusal = #expect(throws: Problem.self) {
      try ReportServer.start(ShownPages(), port: first.port, isFixed: true) {}
    }
    #expect(refusal?.message == "port \(first.port) cannot be listened on: Address already in use")
    #expect(refusal?.remedy == "Choose another with --port.")
    let start = ContinuousClock.now
    first.stop()
    second.stop()
    #expect(ContinuousClock.now - start < .seconds(6))
    let again = try ReportServer.start(ShownPages(), port: first.port, isFixed: true) {}
    #expect(again.port == first.port)
    again.stop()
  }
}

private final class PressCount: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
  func add() { count.withLock { $0 += 1 } }
}
