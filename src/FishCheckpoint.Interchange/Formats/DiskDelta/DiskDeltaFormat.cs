using System.Globalization;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.DiskDelta;

/// <summary>
/// One folder per version: a full model, or compressed differences with an index that declares them (docs/guides/interchange.md).
/// </summary>
/// <param name="isModelExpress">Whether to write versions for ModelExpress; reading is the same.</param>
internal sealed class DiskDeltaFormat(bool isModelExpress) : IVersionFormat
{
    private const string Prefix = "weight_v";

    public bool KeepsFiles => true;

    /// <summary>The folder of a version: numbers have a prefix and six digits, other names are used unchanged.</summary>
    public static string FolderOf(string version) => VersionName.NumberOf(version) is { } number ? $"{Prefix}{Padded(number)}" : version;

    public static string Padded(long number) => number.ToString("D6", CultureInfo.InvariantCulture);

    public IReadOnlyList<FoundVersion> Scan(string folder, ImportOptions options) =>
        [.. VersionFolders.Of(folder).Where(path => File.Exists(VersionFolders.IndexOf(path)) || VersionFolders.HasTensors(path))
            .Select(path => Find(path, options))];

    public ModelFolder OpenFull(FoundVersion version, ImportOptions options) => FullVersion.Open(version, options.MaxHeaderLength);

    public IVersionDelta OpenDelta(FoundVersion version, Layout layout, ImportOptions options) =>
        new DiskDeltaReader(version, options.MaxHeaderLength);

    public IVersionWriter CreateWriter(ExportOptions options) => new DiskDeltaWriter(options, isModelExpress);

    // An index without an encoding belongs to an ordinary sharded model.
    private static FoundVersion Find(string path, ImportOptions options)
    {
        var folder = Path.GetFileName(path);
        var name = folder.StartsWith(Prefix, StringComparison.Ordinal) ? folder[Prefix.Length..] : folder;
        var index = File.Exists(VersionFolders.IndexOf(path)) ? DiskDeltaIndex.ReadMetadata(path, folder, options.MaxHeaderLength) : null;
        if (index is { Version: { } version } && !VersionName.Same(version, name))
        {
            throw JsonFile.Fail(folder, $"The index has the version {version}.");
        }

        return new FoundVersion(VersionName.Check(name, folder), index is not { Encoding: not null }, index?.Base, path)
        {
            Own = index is { Version: not null } || IsOneFile(path) ? [ShardIndex.FileName] : [],
        };
    }

    // A model in one file needs no index, but ModelExpress writes one.
    private static bool IsOneFile(string path) =>
        VersionFolders.FilesOf(path).Where(VersionFolders.IsTensors).Select(Path.GetFileName).ToArray() is [ModelFiles.SingleFileName];
}
