using System.Globalization;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.SparsePatch;

/// <summary>
/// Two folders of safetensors files, one for full models and one for deltas (docs/guides/interchange.md). Each file declares its form, so
/// both can be read.
/// </summary>
internal sealed class StepPatchFormat(StepPatchForm form) : IVersionFormat
{
    public const string Anchors = "anchors";
    public const string Deltas = "deltas";

    private const string Prefix = "step_";
    private const string Suffix = ".safetensors";

    // Anchors have the format's metadata in their headers.
    public bool KeepsFiles => false;

    public static string FileOf(long version) => $"{Prefix}{version.ToString("D6", CultureInfo.InvariantCulture)}{Suffix}";

    public IReadOnlyList<FoundVersion> Scan(string folder, ImportOptions options)
    {
        var anchors = Find(folder, Anchors).Select(file => new FoundVersion($"{file.Step}", IsFull: true, null, file.Path)).ToArray();
        var full = anchors.Select(anchor => anchor.Number).ToHashSet();
        var deltas = Find(folder, Deltas).Where(file => !full.Contains(file.Step)).ToArray();
        long[] steps = [.. anchors.Select(anchor => anchor.Number!.Value).Concat(deltas.Select(file => file.Step)).Order()];
        Array.ForEach(anchors, anchor => StepPatchHeader.CheckAnchor(anchor, options.MaxHeaderLength));
        return [.. anchors, .. deltas.Select(file => FindDelta(file.Path, file.Step, steps, options))];
    }

    public ModelFolder OpenFull(FoundVersion version, ImportOptions options) => FullVersion.Open(version, options.MaxHeaderLength);

    public IVersionDelta OpenDelta(FoundVersion version, Layout layout, ImportOptions options) =>
        new StepPatchReader(version, options.MaxHeaderLength);

    public IVersionWriter CreateWriter(ExportOptions options) => new StepPatchWriter(options, form);

    private static IEnumerable<(long Step, string Path)> Find(string folder, string kind)
    {
        var path = Path.Combine(folder, kind);
        foreach (var file in Directory.Exists(path) ? VersionFolders.FilesOf(path) : [])
        {
            var name = Path.GetFileName(file);
            if (name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal)
                && VersionName.NumberOf(name[Prefix.Length..^Suffix.Length]) is { } step)
            {
                yield return (step, file);
            }
        }
    }

    // Most writers do not record a delta's parent: it is the previous version, and they skip a version without changes.
    private static FoundVersion FindDelta(string path, long step, long[] steps, ImportOptions options)
    {
        var header = StepPatchHeader.Read(path, step, options.MaxHeaderLength);
        var place = Array.BinarySearch(steps, step);
        var below = header.Previous ?? (options.AllowGaps && place > 0 ? steps[place - 1] : step - 1);
        return new FoundVersion($"{step}", IsFull: false, $"{below}", path);
    }
}
