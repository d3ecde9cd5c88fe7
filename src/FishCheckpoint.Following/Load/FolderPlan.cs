using System.Security.Cryptography;
using System.Text.RegularExpressions;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Load;

/// <summary>
/// What a load may do in a folder, decided before anything is written: whose the files there are, which of them go, and which would mislead
/// whoever loads the model.
/// </summary>
/// <param name="Remove">Files of earlier loads that the new model does not have.</param>
/// <param name="Kept">Files of earlier loads that were changed since, and stay.</param>
internal sealed partial record FolderPlan(IReadOnlyList<string> Remove, IReadOnlyList<string> Kept)
{
    private const int MaxNamed = 5;

    /// <summary>Makes the plan.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="names">The files of the new model.</param>
    /// <param name="manifest">What earlier loads have written.</param>
    /// <param name="replace">Whether files of the same names may be replaced that no load has written, or that were changed since.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: a file would be lost, or the folder would hold a mix of
    /// models.</exception>
    public static FolderPlan Of(string folder, IReadOnlySet<string> names, LoadManifest manifest, bool replace)
    {
        if (File.Exists(Path.Combine(folder, PulledManifest.FileName)))
        {
            throw new FishException(ErrorCode.FolderTaken, folder, "The folder is one that 'fishckpt pull' keeps.",
                "Load into another folder.");
        }

        var (ours, known) = (new List<string>(), manifest.ByName());
        var (lost, links, misleading, kept) = (new List<string>(), new List<string>(), new List<string>(), new List<string>());
        foreach (var name in NamesIn(folder, names.Concat(known.Select(group => group.Key))))
        {
            var info = new FileInfo(Path.Combine(folder, name));
            var (isWanted, isOurs) = (names.Contains(name), known[name].Any(file => IsUnchanged(info, file)));
            if (isWanted && (info.LinkTarget is not null || Directory.Exists(info.FullName) || IsBlocked(folder, name)))
            {
                links.Add(name);
            }
            else if (isOurs && !isWanted)
            {
                ours.Add(name);
            }
            else if (isWanted && !isOurs && !replace)
            {
                lost.Add(name);
            }
            else if (!isWanted && !isOurs && IsWeights(name))
            {
                misleading.Add(name);
            }
            else if (!isWanted && !isOurs && known.Contains(name))
            {
                kept.Add(name);
            }
        }

        Refuse(folder, misleading, "beside the checkpoint's files would mislead programs that load the folder",
            "Move them away, or load into another folder.");
        Refuse(folder, links, "is no plain file", "Move it away, or load into another folder.");
        Refuse(
            folder, lost, "was not written by a load, or was changed since",
            "Move it away, load into another folder, or say --replace (in Python replace=True) to give it up.");
        return new FolderPlan(ours, kept);
    }

    /// <summary>Whether programs take a file of this name for a model, a part of one, or an adapter of one.</summary>
    public static bool IsWeights(string name) => Weights().IsMatch(name);

    // All that is at the top, and of what lies deeper that which this load or an earlier one names.
    private static string[] NamesIn(string folder, IEnumerable<string> named) => [.. Directory.EnumerateFileSystemEntries(folder)
        .Select(path => Path.GetFileName(path)!)
        .Concat(
            named.Where(name => name.Contains('/', StringComparison.Ordinal)
                && (Path.Exists(Path.Combine(folder, name)) || IsBlocked(folder, name))))
        .Distinct(FolderNames.Comparer).Order(StringComparer.Ordinal)];

    // A file or a link in the place of a sub-folder: through a link, files would come to lie elsewhere.
    private static bool IsBlocked(string folder, string name)
    {
        var segments = name.Split('/');
        return Enumerable.Range(1, segments.Length - 1).Select(count => Path.Combine([folder, .. segments[..count]]))
            .Any(parent => File.Exists(parent) || new DirectoryInfo(parent).LinkTarget is not null);
    }

    private static void Refuse(string folder, List<string> names, string what, string hint)
    {
        if (names.Count > 0)
        {
            var named = string.Join(", ", names.Take(MaxNamed)) + (names.Count > MaxNamed ? $" and {names.Count - MaxNamed} more" : "");
            throw new FishException(ErrorCode.FolderTaken, folder, $"{named} {what}; nothing was written.", hint);
        }
    }

    private static bool IsUnchanged(FileInfo info, LoadedFile file)
    {
        if (!info.Exists || info.LinkTarget is not null || info.Length != file.Bytes)
        {
            return false;
        }

        if (file.Modified != 0 && ModifiedOf(info.FullName) == file.Modified)
        {
            return true;
        }

        using var content = PositionalFile.OpenStream(info.FullName);
        return Digest.From(SHA256.HashData(content)) == file.Sha256;
    }

    /// <summary>When a file was written last, as <see cref="LoadedFile.Modified"/> says it.</summary>
    public static long ModifiedOf(string path) => (File.GetLastWriteTimeUtc(path) - DateTime.UnixEpoch).Ticks;

    [GeneratedRegex(
        @"(\.safetensors|\.gguf|(\.safetensors|\.bin|\.h5|\.msgpack)\.index\.json)$"
        + @"|^(adapter_config\.json|adapter_model\..*|consolidated\..*|(.*_)?pytorch_model.*\.(bin|pt|pth)|model.*\.(bin|pt|pth|h5)"
        + @"|(tf|flax)_model.*\.(h5|msgpack)|model\.ckpt.*)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Weights();
}
