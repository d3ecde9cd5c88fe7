using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange;

/// <summary>One of the formats: where its versions lie, and how one is read and written.</summary>
internal interface IVersionFormat
{
    /// <summary>Whether full versions are the files of a model, whose headers are kept; or else tensors alone.</summary>
    bool KeepsFiles { get; }

    /// <summary>Finds the versions of a folder, in any order. Only indices are read.</summary>
    /// <exception cref="FishException">An index cannot be read, or contradicts itself.</exception>
    IReadOnlyList<FoundVersion> Scan(string folder, ImportOptions options);

    /// <summary>Opens a full version, without the files that are the format's. The caller disposes it.</summary>
    /// <exception cref="FishException">A file is missing or lies.</exception>
    ModelFolder OpenFull(FoundVersion version, ImportOptions options);

    /// <summary>What a version says of itself that is nothing of its weights: kept as the checkpoint's metadata. Default:
    /// nothing.</summary>
    /// <exception cref="FishException">It cannot be read.</exception>
    IReadOnlyDictionary<string, string> MetadataOf(FoundVersion version, ImportOptions options) => new Dictionary<string,
        string>(StringComparer.Ordinal);

    /// <summary>
    /// Opens a delta, and checks what can be checked without the state that it is laid on but for its layout. The caller disposes it.
    /// </summary>
    /// <exception cref="FishException">It is damaged, hostile, or not of this format.</exception>
    IVersionDelta OpenDelta(FoundVersion version, Layout layout, ImportOptions options);

    /// <summary>Prepares the writing of versions.</summary>
    IVersionWriter CreateWriter(ExportOptions options);
}
