using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Grail;

/// <summary>One folder per version, with a subfolder for a full model or a delta (docs/guides/interchange.md).</summary>
internal sealed class GrailFormat : IVersionFormat
{
    public const string Full = "FULL";
    public const string Delta = "DELTA";

    private const string Prefix = "checkpoint-";

    /// <summary>Files beside the model in a full version's folder that do not belong to it.</summary>
    public static IReadOnlyCollection<string> Own { get; } = [GrailMetadata.FileName, "manifest.sig", Full, Delta];

    public bool KeepsFiles => true;

    public static string FolderOf(long version) => $"{Prefix}{version}";

    public IReadOnlyList<FoundVersion> Scan(string folder, ImportOptions options) =>
        [.. VersionFolders.Of(folder).Select(path => Find(path, options)).OfType<FoundVersion>()];

    public ModelFolder OpenFull(FoundVersion version, ImportOptions options) => GrailFull.Open(version, options.MaxHeaderLength);

    public IVersionDelta OpenDelta(FoundVersion version, Layout layout, ImportOptions options) => new GrailReader(version, layout, options);

    public IReadOnlyDictionary<string, string> MetadataOf(FoundVersion version, ImportOptions options) =>
        GrailMetadata.FindOwn(version.Path, version.Key, options.MaxHeaderLength) is { } own
            ? new Dictionary<string, string>(StringComparer.Ordinal) { [GrailMetadata.Key] = own } : new Dictionary<string,
                string>(StringComparer.Ordinal);

    public IVersionWriter CreateWriter(ExportOptions options) => new GrailWriter(options);

    // If both exist, the full model replaces the delta.
    private static FoundVersion? Find(string path, ImportOptions options)
    {
        var folder = Path.GetFileName(path);
        if (!folder.StartsWith(Prefix, StringComparison.Ordinal) || VersionName.NumberOf(folder[Prefix.Length..]) is not { } number)
        {
            return null;
        }

        var (full, delta) = (Path.Combine(path, Full), Path.Combine(path, Delta));
        if (Directory.Exists(full))
        {
            return new FoundVersion($"{number}", IsFull: true, null, full, folder) { Own = Own };
        }

        if (!Directory.Exists(delta))
        {
            return null;
        }

        var metadata = GrailMetadata.Read(delta, folder, number, options.MaxHeaderLength);
        return metadata.Previous is { } previous ? new FoundVersion($"{number}", IsFull: false, $"{previous}", delta, folder)
            : throw JsonFile.Fail(folder, "The delta has no parent.");
    }
}
