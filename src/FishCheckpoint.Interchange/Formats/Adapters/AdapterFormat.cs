using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>
/// Formats in which every version is a difference to the base: one in the folder itself, or one per subfolder. A subfolder's name is the
/// version; for trainers' names such as <c>checkpoint-500</c> it is 500.
/// </summary>
internal abstract class AdapterFormat : IVersionFormat
{
    /// <summary>The folder name of a step.</summary>
    public const string Prefix = "checkpoint-";

    public bool KeepsFiles => false;

    /// <summary>The file that identifies a version.</summary>
    protected abstract string File { get; }

    public IReadOnlyList<FoundVersion> Scan(string folder, ImportOptions options) =>
        [.. (Holds(folder) ? [Path.TrimEndingDirectorySeparator(folder)] : VersionFolders.Of(folder).Where(Holds)).Select(Find)];

    public ModelFolder OpenFull(FoundVersion version, ImportOptions options) =>
        throw new NotSupportedException("Adapter formats have no full versions.");

    public abstract IVersionDelta OpenDelta(FoundVersion version, Layout layout, ImportOptions options);

    public virtual IVersionWriter CreateWriter(ExportOptions options) => throw new FishException(
        ErrorCode.RequestInvalid, options.Task, "The format can only be imported.", "Export as shira or another format.");

    private static FoundVersion Find(string path)
    {
        var folder = Path.GetFileName(path);
        var name = folder.StartsWith(Prefix, StringComparison.Ordinal) && VersionName.NumberOf(folder[Prefix.Length..]) is not null
            ? folder[Prefix.Length..] : folder;
        return new FoundVersion(VersionName.Check(name, folder), IsFull: false, null, path);
    }

    private bool Holds(string folder) => System.IO.File.Exists(Path.Combine(folder, File));
}
