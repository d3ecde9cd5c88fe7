namespace FishCheckpoint.Interchange.Import;

/// <summary>The result of an import.</summary>
/// <param name="Format">The format's name.</param>
/// <param name="Task">The task.</param>
/// <param name="Base">The base that the import added, if any.</param>
/// <param name="Saved">Number of new versions.</param>
/// <param name="Versions">The versions, in the order of the import.</param>
public sealed record ImportReport(string Format, string Task, string? Base, int Saved, IReadOnlyList<ImportedVersion> Versions);

/// <summary>An imported version.</summary>
/// <param name="Version">Its name.</param>
/// <param name="Step">Its step.</param>
/// <param name="Full">Whether it is a full model.</param>
/// <param name="Created">Whether it is new.</param>
/// <param name="Changed">Positions of its delta.</param>
/// <param name="StoredBytes">Bytes that it added to the store.</param>
public sealed record ImportedVersion(string Version, long Step, bool Full, bool Created, long Changed, long StoredBytes);
