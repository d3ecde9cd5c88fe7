using System.Globalization;
using System.Text.Json.Serialization;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Hub;

/// <summary>A model repository, as the Hub's clients read it.</summary>
/// <param name="Id">Owner and task.</param>
/// <param name="Author">The owner.</param>
/// <param name="Sha">The commit; <see langword="null"/> for a task without checkpoints, and in lists without <c>full</c>.</param>
/// <param name="LastModified">When the checkpoint was saved.</param>
/// <param name="CreatedAt">When the task was made.</param>
/// <param name="Private">Whether it was asked for with a key.</param>
/// <param name="Tags">What kind of files it has, and the checkpoint's names.</param>
/// <param name="Gated">Whether one has to ask for access: never, a key reaches a task or not.</param>
/// <param name="Disabled">Whether it is switched off: never.</param>
/// <param name="Siblings">The files; left out of lists without <c>full</c>.</param>
/// <param name="Safetensors">How many elements of which dtypes.</param>
internal sealed record HubModel(
    string Id, string Author, string? Sha, string? LastModified, string CreatedAt, bool Private, IReadOnlyList<string> Tags,
    bool Gated = false, bool Disabled = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<HubSibling>? Siblings = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] HubTensors? Safetensors = null)
{
    /// <summary>The id again: older clients read this.</summary>
    public string ModelId => Id;

    /// <summary>A repository without a commit: of a list, or of a task that has none.</summary>
    public static HubModel Of(Repository repository, string owner, bool hasKey) => new(
        $"{owner}/{repository.Name}", owner, null, repository.Modified is { } modified ? Time(modified) : null, Time(repository.Created),
            hasKey, repository.Tags);

    /// <summary>A repository at a revision.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="opened">The revision.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="hasKey">Whether it was asked for with a key.</param>
    /// <param name="withBlobs">Whether sizes and digests of the files were asked for.</param>
    public static HubModel Of(Repository repository, OpenedRevision opened, string owner, bool hasKey, bool withBlobs) => Of(repository,
        owner, hasKey) with
    {
        Sha = opened.Commit.Text,
        LastModified = Time(opened.Saved),
        Tags = [.. repository.Tags, .. opened.Tags],
        Siblings = [.. opened.Reader.Files.Select(file => withBlobs
            ? new HubSibling(file.Name, file.Bytes, HubFile.BlobOf(file), HubFile.LfsOf(file)) : new HubSibling(file.Name))],
        Safetensors = HubTensors.Of(opened.Reader.Layout),
    };

    /// <summary>A time as the clients read it: UTC, to the millisecond.</summary>
    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>A file of a repository.</summary>
/// <param name="Rfilename">Its name.</param>
/// <param name="Size">Its length, where it was asked for.</param>
/// <param name="BlobId">Its name in the tree, where it was asked for.</param>
/// <param name="Lfs">Its digest, where that was asked for and is known.</param>
internal sealed record HubSibling(
    string Rfilename,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Size = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? BlobId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] HubLfs? Lfs = null);

/// <summary>A file in LFS.</summary>
/// <param name="Oid">Its SHA-256, as trees call it.</param>
/// <param name="Sha256">Its SHA-256, as siblings call it.</param>
/// <param name="Size">Its length.</param>
/// <param name="PointerSize">Length of the pointer that git would have in its place.</param>
internal sealed record HubLfs(Digest Oid, Digest Sha256, long Size, int PointerSize);

/// <summary>What a model's tensors are.</summary>
/// <param name="Parameters">Elements by dtype.</param>
/// <param name="Total">All elements.</param>
internal sealed record HubTensors(IReadOnlyDictionary<string, long> Parameters, long Total)
{
    public static HubTensors Of(Layout layout) => new(
        layout.Tensors.GroupBy(tensor => tensor.Type)
            .ToDictionary(group => DTypes.NameOf(group.Key), group => group.Sum(tensor => tensor.Elements), StringComparer.Ordinal),
        layout.Elements);
}
