import Foundation
import Rendering
import Support
import Testing

@Suite struct ZIPArchiveTests {
  private let files: [(name: String, bytes: [UInt8])] = [
    ("README.txt", Array("ε\n".utf8)), ("results.csv", Array(String(repeating: "a,b\n", count: 5000).utf8)),
    ("tables/empty.csv", []), ("tables/ü.csv", Array(0...255)),
  ]

  private func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: output, as: UTF8.self)
  }

  /// Python's reader compares every sum.
  @Test func othersReadIt() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let archive = try ZIPArchive.bytes(of: files)
    #expect(archive.count < 1500)
    try Data(archive).write(to: folder.appending(path: "a.zip"))
    let script = """
      import sys, zipfile
      z = zipfile.ZipFile(sys.argv[1])
      print(z.testzip(), [(i.filename, i.date_time, i.file_size) for i in z.infolist()])
      z.extractall(sys.argv[2])
      """
    let text = try run(["python3", "-c", script, "\(folder.path)/a.zip", "\(folder.path)/out"])
    let date = "(1980, 1, 1, 0, 0, 0)"
    #expect(
      text == "None [('README.txt', \(date), 3), ('results.csv', \(date), 20000), ('tables/empty.csv', \(date), 0), "
        + "('tables/ü.csv', \(date), 256)]\n")
    for file in files {
      #expect(try [UInt8](Data(contentsOf: folder.appending(path: "out/\(file.name)"))) == file.bytes)
    }
    #expect(try ZIPArchive.bytes(of: files) == archive)
  }

  @Test(arguments: ["../x", "/x", "a//b", "a/../b", "", "README.txt"])
  func namesThatLeadElsewhereAreRefused(_ name: String) {
    #expect(
      throws: Problem.failure(
        "\(String(reflecting: name)) cannot be the name of a file in a .zip, or is there twice")
    ) { try ZIPArchive.bytes(of: files + [(name, [1])]) }
  }
}
