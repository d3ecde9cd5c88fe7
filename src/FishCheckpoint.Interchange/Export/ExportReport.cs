namespace FishCheckpoint.Interchange.Export;

/// <summary>The result of an export.</summary>
/// <param name="Format">The format's name.</param>
/// <param name="Folder">The folder.</param>
/// <param name="Written">Number of new versions.</param>
/// <param name="Bytes">Bytes of all versions.</param>
/// <param name="Versions">The versions, in order.</param>
public sealed record ExportReport(string Format, string Folder, int Written, long Bytes, IReadOnlyList<ExportedVersion> Versions);

/// <summary>An exported version.</summary>
/// <param name="Version">Its name.</param>
/// <param name="Step">Its step.</param>
/// <param name="Full">Whether it is a full model.</param>
/// <param name="Created">Whether it is new.</param>
/// <param name="Path">Its folder or file.</param>
/// <param name="Bytes">Bytes of its files.</param>
public sealed record ExportedVersion(string Version, long Step, bool Full, bool Created, string Path, long Bytes);
