using System.Globalization;
using System.Text.Json.Serialization;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Hub;

/// <summary>A model repository, in the form of the Hub's clients.</summary>
/// <param name="Id">Owner and task.</param>
/// <param name="Author">The owner.</param>
/// <param name="Sha">The commit; <see langword="null"/> for a task without checkpoints, and in lists without <c>full</c>.</param>
/// <param name="LastModified">When the checkpoint was saved.</param>
/// <param name="CreatedAt">When the task was created.</param>
/// <param name="Private">Whether the request had a key.</param>
/// <param name="Tags">Its kind of files, and the checkpoint's names.</param>
/// <param name="Gated">Whether users must request access: never; keys control it.</param>
/// <param name="Disabled">Whether it is disabled: never.</param>
/// <param name="Siblings">The files; left out of lists without <c>full</c>.</param>
/// <param name="Safetensors">The number of elements per dtype.</param>
internal sealed record HubModel(
    string Id, string Author, string? Sha, string? LastModified, string CreatedAt, bool Private, IReadOnlyList<string> Tags,
    bool Gated = false, bool Disabled = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<HubSibling>? Siblings = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] HubTensors? Safetensors = null)
{
    /// <summary>The id again, for older clients.</summary>
    public string ModelId => Id;

    /// <summary>A repository without a commit: in a list, or a task without checkpoints.</summary>
    public static HubModel Of(Repository repository, string owner, bool hasKey) => new(
        $"{owner}/{repository.Name}", owner, null, repository.Modified is { } modified ? Time(modified) : null, Time(repository.Created),
            hasKey, repository.Tags);

    /// <summary>A repository at a revision.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="opened">The revision.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="hasKey">Whether the request had a key.</param>
    /// <param name="withBlobs">Whether the request asks for sizes and digests of files.</param>
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

    /// <summary>A time in the clients' form: UTC, in milliseconds.</summary>
    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>A file of a repository.</summary>
/// <param name="Rfilename">Its name.</param>
/// <param name="Size">Its length, if requested.</param>
/// <param name="BlobId">Its git object id, if requested.</param>
/// <param name="Lfs">Its digest, if requested and known.</param>
internal sealed record HubSibling(
    string Rfilename,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Size = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? BlobId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] HubLfs? Lfs = null);

/// <summary>An LFS file.</summary>
/// <param name="Oid">Its SHA-256, under the name that trees use.</param>
/// <param name="Sha256">Its SHA-256, under the name that siblings use.</param>
/// <param name="Size">Its length.</param>
/// <param name="PointerSize">Length of git's pointer in its place.</param>
internal sealed record HubLfs(Digest Oid, Digest Sha256, long Size, int PointerSize);

/// <summary>A summary of a model's tensors.</summary>
/// <param name="Parameters">Elements by dtype.</param>
/// <param name="Total">All elements.</param>
internal sealed record HubTensors(IReadOnlyDictionary<string, long> Parameters, long Total)
{
    public static HubTensors Of(Layout layout) => new(
        layout.Tensors.GroupBy(tensor => tensor.Type)
            .ToDictionary(group => DTypes.NameOf(group.Key), group => group.Sum(tensor => tensor.Elements), StringComparer.Ordinal),
        layout.Elements);
}
