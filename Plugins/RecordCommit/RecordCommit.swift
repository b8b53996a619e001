import Foundation
import PackagePlugin

/// Writes the commit that is checked out into a source file of its own among the build's products: nothing in the tree is
/// touched, and only a new commit makes another file.
///
/// It comes from `HEATDRIFT_COMMIT` where that is set, from git where this is a repository (not one inside another), or from
/// `archived-commit`, which `git archive` fills in.
@main struct RecordCommit: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let root = context.package.directoryURL
    let archived = root.appending(path: "Plugins/RecordCommit/archived-commit")
    let output = context.pluginWorkDirectoryURL.appending(path: "RecordedCommit.swift")
    // `safe.directory`: whoever builds a tree may be another than who cloned it.
    let script = #"""
      commit=$HEATDRIFT_COMMIT
      if [ -z "$commit" ] && [ -e "$1/.git" ]; then
        commit=$(git -c safe.directory='*' -C "$1" rev-parse HEAD 2>/dev/null)
      fi
      [ -n "$commit" ] || commit=$(cat "$2")
      printf '/// Empty where nobody knows.\nlet recordedCommit = "%s"\n' \
        "$(printf %s "$commit" | grep -E '^[0-9a-f]{7,64}(\+changes)?$')" > "$3"
      """#
    return [
      .buildCommand(
        displayName: "Recording the commit", executable: URL(filePath: "/bin/sh"),
        arguments: ["-c", script, "sh", root.path, archived.path, output.path],
        environment: ProcessInfo.processInfo.environment.filter { ["HEATDRIFT_COMMIT", "PATH"].contains($0.key) },
        inputFiles: [archived] + gitFiles(root), outputFiles: [output])
    ]
  }

  /// What changes whenever another commit is checked out.
  private func gitFiles(_ root: URL) -> [URL] {
    var folder = root.appending(path: ".git")
    // Of a work tree it is a file that says where the folder is.
    if let text = try? String(contentsOf: folder, encoding: .utf8), text.hasPrefix("gitdir: ") {
      folder = URL(filePath: text.dropFirst(8).trimmingCharacters(in: .whitespacesAndNewlines), relativeTo: root)
    }
    return ["HEAD", "logs/HEAD"].map { folder.appending(path: $0) }
      .filter { FileManager.default.fileExists(atPath: $0.path) }
  }
}
