using System.Globalization;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Manifest;

/// <summary>
/// One folder with a manifest per delta (docs/guides/interchange.md). SkyRL has no full versions; here the folder <c>full-NNNNNNNN</c> is
/// one, an ordinary model to start from.
/// </summary>
internal sealed class ManifestFormat : IVersionFormat
{
    private const string DeltaPrefix = "delta-";
    private const string FullPrefix = "full-";

    public bool KeepsFiles => true;

    public static string DeltaFolder(long version) => $"{DeltaPrefix}{version.ToString("D8", CultureInfo.InvariantCulture)}";

    public static string FullFolder(long version) => $"{FullPrefix}{version.ToString("D8", CultureInfo.InvariantCulture)}";

    public IReadOnlyList<FoundVersion> Scan(string folder, ImportOptions options) =>
        [.. VersionFolders.Of(folder).Select(path => Find(path, options)).OfType<FoundVersion>()];

    public ModelFolder OpenFull(FoundVersion version, ImportOptions options) => FullVersion.Open(version, options.MaxHeaderLength);

    public IVersionDelta OpenDelta(FoundVersion version, Layout layout, ImportOptions options) =>
        new ManifestReader(version, options.MaxHeaderLength);

    public IVersionWriter CreateWriter(ExportOptions options) => new ManifestWriter(options);

    private static FoundVersion? Find(string path, ImportOptions options)
    {
        var folder = Path.GetFileName(path);
        if (folder.StartsWith(FullPrefix, StringComparison.Ordinal) && VersionName.NumberOf(folder[FullPrefix.Length..]) is { } full)
        {
            return new FoundVersion($"{full}", IsFull: true, null, path) { Own = [ManifestDocument.FileName] };
        }

        if (!File.Exists(Path.Combine(path, ManifestDocument.FileName)))
        {
            return folder.StartsWith(DeltaPrefix, StringComparison.Ordinal)
                ? throw JsonFile.Fail(folder, $"{ManifestDocument.FileName} is missing: the delta is incomplete.") : null;
        }

        var (version, below) = ManifestDocument.ReadVersions(path, folder, options.MaxHeaderLength);
        var named = folder.StartsWith(DeltaPrefix, StringComparison.Ordinal) ? VersionName.NumberOf(folder[DeltaPrefix.Length..]) : version;
        return named == version ? new FoundVersion($"{version}", IsFull: false, $"{below}", path)
            : throw JsonFile.Fail(folder, $"The manifest has the version {version}.");
    }
}
