import Support

extension Override {
  /// `KEY=VALUE`, of a path the file name only: folders name users and machines.
  package var withoutFolders: String { isPath ? "\(key)=\(PathName.last(of: value))" : "\(key)=\(value)" }

  /// Whether a `KEY=VALUE` can change what is measured; what it is called and how it looks cannot.
  package static func changesResults(_ argument: String) -> Bool {
    let root = argument.prefix { !".[=".contains($0) }
    return root != "report" && root != "title"
  }

  /// Whether the value names a file or folder.
  package var isPath: Bool {
    key.hasSuffix("weights") || key.hasSuffix("network") || key.hasSuffix("prototypes") || key.hasSuffix("root")
      || key.hasSuffix("template") || key == "data.path"
      || key == "data.classes" || key == "data.list"
      || value.contains("/")
  }
}
