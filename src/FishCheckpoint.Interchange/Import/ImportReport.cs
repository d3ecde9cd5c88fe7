namespace FishCheckpoint.Interchange.Import;

/// <summary>What an import did.</summary>
/// <param name="Format">The format's name.</param>
/// <param name="Task">The task.</param>
/// <param name="Base">The base that the import has added, if it has.</param>
/// <param name="Saved">How many versions are stored that were not before.</param>
/// <param name="Versions">The versions, in the order in which they were taken.</param>
public sealed record ImportReport(string Format, string Task, string? Base, int Saved, IReadOnlyList<ImportedVersion> Versions);

/// <summary>A version that was imported.</summary>
/// <param name="Version">Its name.</param>
/// <param name="Step">Its step.</param>
/// <param name="Full">Whether it is a full model.</param>
/// <param name="Created">Whether it was not stored before.</param>
/// <param name="Changed">Positions of its delta.</param>
/// <param name="StoredBytes">What it added to the store.</param>
public sealed record ImportedVersion(string Version, long Step, bool Full, bool Created, long Changed, long StoredBytes);
