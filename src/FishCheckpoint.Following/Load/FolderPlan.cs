using System.Security.Cryptography;
using System.Text.RegularExpressions;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Load;

/// <summary>
/// What a load may change in a folder, decided before anything is written: whose files are there, which of them to remove, and which would
/// mislead a program that loads the model.
/// </summary>
/// <param name="Remove">Files of earlier loads that the new model does not have.</param>
/// <param name="Kept">Files of earlier loads that were changed since; they stay.</param>
internal sealed partial record FolderPlan(IReadOnlyList<string> Remove, IReadOnlyList<string> Kept)
{
    private const int MaxNamed = 5;

    /// <summary>Makes the plan.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="names">The files of the new model.</param>
    /// <param name="manifest">The record of earlier loads.</param>
    /// <param name="replace">Whether to replace files of the same names that no load wrote or that were changed since.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: a file would be lost, or the folder would hold a mix of
    /// models.</exception>
    public static FolderPlan Of(string folder, IReadOnlySet<string> names, LoadManifest manifest, bool replace)
    {
        if (File.Exists(Path.Combine(folder, PulledManifest.FileName)))
        {
            throw new FishException(ErrorCode.FolderTaken, folder, "'fishckpt pull' manages this folder.",
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
        Refuse(folder, links, "is not a regular file", "Move it away, or load into another folder.");
        Refuse(
            folder, lost, "was not written by a load, or was changed since",
            "Move it away, load into another folder, or overwrite it with --replace (in Python replace=True).");
        return new FolderPlan(ours, kept);
    }

    /// <summary>Whether programs take a file of this name for a model, a part of one or an adapter.</summary>
    public static bool IsWeights(string name) => Weights().IsMatch(name);

    // Everything at the top level; below it, only names of this load or an earlier one.
    private static string[] NamesIn(string folder, IEnumerable<string> named) => [.. Directory.EnumerateFileSystemEntries(folder)
        .Select(path => Path.GetFileName(path)!)
        .Concat(
            named.Where(name => name.Contains('/', StringComparison.Ordinal)
                && (Path.Exists(Path.Combine(folder, name)) || IsBlocked(folder, name))))
        .Distinct(FolderNames.Comparer).Order(StringComparer.Ordinal)];

    // A file or link in the place of a subfolder; a link would lead the files elsewhere.
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

    /// <summary>When a file was last written, in the form of <see cref="LoadedFile.Modified"/>.</summary>
    public static long ModifiedOf(string path) => (File.GetLastWriteTimeUtc(path) - DateTime.UnixEpoch).Ticks;

    [GeneratedRegex(
        @"(\.safetensors|\.gguf|(\.safetensors|\.bin|\.h5|\.msgpack)\.index\.json)$"
        + @"|^(adapter_config\.json|adapter_model\..*|consolidated\..*|(.*_)?pytorch_model.*\.(bin|pt|pth)|model.*\.(bin|pt|pth|h5)"
        + @"|(tf|flax)_model.*\.(h5|msgpack)|model\.ckpt.*)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Weights();
}
