import Foundation
import Support
import Synchronization
import Testing

@testable import Watching

@Suite struct LocalRequestsTests {
  @Test func onlyThePagesOwnNameAndOriginAreAnswered() {
    let requests = LocalRequests(port: 8231)
    let cases: [(host: String?, origin: String?, reads: Bool, changes: Bool)] = [
      ("127.0.0.1:8231", nil, true, false),
      ("localhost:8231", nil, true, false),
      ("LOCALHOST:8231", "http://Localhost:8231", true, true),
      ("127.0.0.1:8231", "http://127.0.0.1:8231", true, true),
      ("127.0.0.1:8231", "https://127.0.0.1:8231", false, false),
      ("127.0.0.1:8231", "http://127.0.0.1:8232", false, false),
      ("127.0.0.1:8231", "http://evil.example", false, false),
      ("127.0.0.1:8231", "null", false, false),
      ("127.0.0.1:8231", "", false, false),
      ("127.0.0.1", nil, false, false),
      ("127.0.0.1:80", nil, false, false),
      ("evil.example:8231", "http://evil.example:8231", false, false),
      ("127.0.0.1:8231.evil.example", nil, false, false),
      ("127.0.0.1:8231, evil.example", nil, false, false),
      ("[::1]:8231", nil, false, false),
      ("", nil, false, false),
      (nil, nil, false, false),
    ]
    for (host, origin, reads, changes) in cases {
      #expect(requests.admits(host: host, origin: origin, changes: false) == reads, "\(host ?? "–") \(origin ?? "–")")
      #expect(requests.admits(host: host, origin: origin, changes: true) == changes, "\(host ?? "–") \(origin ?? "–")")
    }
    #expect(LocalRequests(port: 80).admits(host: "127.0.0.1", origin: "http://127.0.0.1", changes: true))
  }
}

extension ShownPage {
  /// Of one element, which is all of it.
  init(_ text: String) {
    self.init(bytes: Array(text.utf8), title: "T", style: "s{}", contents: "", elements: [text])
  }
}

@Suite struct PageChangeTests {
  private func page(_ elements: [String], title: String = "T", style: String = "s{}") -> ShownPage {
    ShownPage(bytes: [], title: title, style: style, contents: "<nav></nav>", elements: elements)
  }

  @Test func whatStaysIsNotSent() throws {
    let change = PageChange(from: page(["a", "b", "c", "b"]), to: page(["a", "x", "b", "b", "b", "c"]))
    #expect(change.elements == [.kept(0), .new("x"), .kept(1), .kept(3), .new("b"), .kept(2)])
    #expect(change.count == 4 && change.title == nil && change.style == nil && change.contents == nil)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(change), as: UTF8.self)
    #expect(text == "{\"count\":4,\"elements\":[0,\"x\",1,3,\"b\",2]}")
    #expect(try JSONDecoder().decode(PageChange.self, from: Data(text.utf8)) == change)
  }

  @Test func whatAPageSharesIsSentWhereItIsNew() {
    let change = PageChange(from: page(["a"]), to: page([], title: "U", style: "t{}"))
    #expect(change.title == "U" && change.style == "t{}" && change.contents == nil && change.elements.isEmpty)
  }

  @Test func aFewPagesBeforeAreRemembered() {
    let pages = ShownPages()
    for number in 1...6 { pages.show(["/": page(["a", "\(number)"])]) }
    #expect(pages.change(from: 5, path: "/").change?.elements == [.kept(0), .new("6")])
    #expect(pages.change(from: 4, path: "/").page == 6)
    #expect(pages.change(from: 3, path: "/").change != nil && pages.change(from: 2, path: "/").change == nil)
    #expect(pages.change(from: 6, path: "/").change == nil && pages.change(from: 5, path: "/b").change == nil)
  }
}

@Suite struct ShownPagesTests {
  @Test func pagesAreNumbered() {
    let pages = ShownPages()
    #expect(pages.page("/") == nil)
    pages.show(["/": ShownPage("<!DOCTYPE html>\n<html lang=\"en\">x"), "/b": ShownPage("b")])
    #expect(
      pages.page("/").map { String(decoding: $0, as: UTF8.self) }
        == "<!DOCTYPE html>\n<html data-page=\"1\" lang=\"en\">x")
    #expect(pages.page("/b") == Array("b".utf8))
    let version = pages.status.version
    // The same pages are no news.
    pages.show(["/": ShownPage("<!DOCTYPE html>\n<html lang=\"en\">x"), "/b": ShownPage("b")])
    #expect(pages.status.version == version && pages.status.page == 1)
    pages.tell { $0.faults = [] }
    #expect(pages.status.version == version)
    pages.tell {
      $0.faults = [WatchStatus.Fault(.usage(at: Place(file: "a.md", line: 3), "wrong", remedy: "Mend it."))]
    }
    #expect(pages.status.version == version + 1)
    #expect(pages.status.faults.map(\.place) == ["a.md:3"])
  }

  @Test func whoWaitsHearsOfAChange() async {
    let pages = ShownPages()
    let now = pages.status.version
    // At once where it is news already, later where it is not, and after a while in any case.
    #expect(await pages.status(after: 0, within: .seconds(60)).version == now)
    #expect(await pages.status(after: now, within: .milliseconds(30)).version == now)
    async let news = pages.status(after: now, within: .seconds(60))
    try? await Task.sleep(for: .milliseconds(20))
    pages.tell { $0.unmeasured = "more" }
    #expect(await news.unmeasured == "more")
    pages.tell { $0.isEnding = true }
    #expect(await pages.status(after: pages.status.version, within: .seconds(60)).isEnding)
  }
}

@Suite struct WatchedFilesTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "watched-\(UUID().uuidString)")

  private func write(_ text: String, _ name: String = "a.md") throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: folder.appending(path: name))
  }

  private func looks(_ files: inout WatchedFiles, _ count: Int) -> [Set<String>] {
    (0..<count).map { _ in files.changed() }
  }

  @Test func contentsCountNotTimes() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try write("one")
    let path = folder.appending(path: "a.md").path
    var files = WatchedFiles()
    files.watch([path])
    #expect(looks(&files, 3) == [[], [], []])
    try write("two, longer")
    // Seen at the first look, told when it stands still.
    #expect(looks(&files, 4) == [[], [], [path], []])
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_000_000)], ofItemAtPath: path)
    #expect(looks(&files, 3) == [[], [], []])
    // As long as it is written nothing is told.
    try write("thr")
    #expect(files.changed() == [])
    try write("three")
    #expect(looks(&files, 4) == [[], [], [path], []])
  }

  @Test func aFileInThePlaceOfAnotherIsSeenAndOneThatIsGoneIsWaitedFor() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try write("one")
    try write("one!", "b")
    let path = folder.appending(path: "a.md").path
    var files = WatchedFiles()
    files.watch([path])
    _ = rename(folder.appending(path: "b").path, path)
    #expect(looks(&files, 4) == [[], [], [path], []])
    // Editors move the old one away first.
    try FileManager.default.removeItem(atPath: path)
    #expect(looks(&files, 4) == [[], [], [], []])
    try write("one!")
    #expect(looks(&files, 4) == [[], [], [], []])
    try FileManager.default.removeItem(atPath: path)
    #expect(looks(&files, WatchedFiles.patience + 3).filter { $0 == [path] }.count == 1)
    try write("back")
    #expect(looks(&files, 4) == [[], [], [path], []])
    // One that is not looked at any more, and one that is no file.
    files.watch([folder.path])
    try write("again")
    #expect(looks(&files, 3) == [[], [], []])
  }
}
