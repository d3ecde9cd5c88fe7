using System.Text.Json.Serialization;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Api.Hub;

/// <summary>An entry of a repository's tree: files only, for a model's files lie in one folder.</summary>
/// <param name="Type">Always <c>file</c>.</param>
/// <param name="Oid">Its name in the tree.</param>
/// <param name="Size">Its length.</param>
/// <param name="Path">Its name.</param>
/// <param name="Lfs">Its digest, where that is known.</param>
/// <param name="LastCommit">Its checkpoint, where that was asked for.</param>
internal sealed record HubEntry(
    string Type, string Oid, long Size, string Path,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] HubLfs? Lfs = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] HubCommit? LastCommit = null)
{
    public static HubEntry Of(RestoredFile file, HubCommit? lastCommit) => new("file", HubFile.BlobOf(file), file.Bytes, file.Name, HubFile.LfsOf(file), lastCommit);
}

/// <summary>A checkpoint as a commit.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Title">Its step, in words.</param>
/// <param name="Date">When it was saved.</param>
/// <param name="Message">What was said of it: nothing.</param>
/// <param name="Authors">Who saved it: not told.</param>
internal sealed record HubCommit(string Id, string Title, string Date, string Message, IReadOnlyList<string> Authors)
{
    public static HubCommit Of(CheckpointInfo checkpoint) =>
        new(CommitId.Of(checkpoint).Text, Revision.OfStep(checkpoint.Step), HubModel.Time(checkpoint.Created), "", []);

    public static HubCommit Of(OpenedRevision opened) =>
        new(opened.Commit.Text, opened.Title, HubModel.Time(opened.Saved), "", []);
}
