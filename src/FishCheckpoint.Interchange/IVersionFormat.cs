using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange;

/// <summary>One of the formats: finds, reads and writes its versions.</summary>
internal interface IVersionFormat
{
    /// <summary>Whether full versions are model files, whose headers are kept; otherwise they are tensors only.</summary>
    bool KeepsFiles { get; }

    /// <summary>Finds the versions in a folder, in any order. Only indices are read.</summary>
    /// <exception cref="FishException">An index cannot be read, or contradicts itself.</exception>
    IReadOnlyList<FoundVersion> Scan(string folder, ImportOptions options);

    /// <summary>Opens a full version, without the format's own files. The caller disposes it.</summary>
    /// <exception cref="FishException">A file is missing or invalid.</exception>
    ModelFolder OpenFull(FoundVersion version, ImportOptions options);

    /// <summary>A version's fields that do not concern weights, which become the checkpoint's metadata. Default: none.</summary>
    /// <exception cref="FishException">It cannot be read.</exception>
    IReadOnlyDictionary<string, string> MetadataOf(FoundVersion version, ImportOptions options) => new Dictionary<string,
        string>(StringComparer.Ordinal);

    /// <summary>Opens a delta, and checks it as far as possible with only the parent's layout. The caller disposes it.</summary>
    /// <exception cref="FishException">It is damaged, hostile or not of this format.</exception>
    IVersionDelta OpenDelta(FoundVersion version, Layout layout, ImportOptions options);

    /// <summary>Creates a writer of versions.</summary>
    IVersionWriter CreateWriter(ExportOptions options);
}
