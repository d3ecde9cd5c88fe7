using FishCheckpoint.Api.Restores;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Hub;

/// <summary>The route that gives a repository's files.</summary>
internal static class ResolveApi
{
    public static async Task<IResult> ResolveAsync(
        string task, string revision, string? file, HttpContext context, IFishStore store, CancellationToken cancellation)
    {
        var opened = await OpenedRevision.OpenAsync(store, task, revision, cancellation);
        try
        {
            context.SayCommit(opened.Commit);
            var found = opened.Reader.FileOf(file ?? "");
            Describe(context.Response, found);
            if (revision == opened.Commit.Text)
            {
                return new ModelFileResult(opened.Reader, found.Name, HubFile.TagOf(found));
            }
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }

        // Clients ask twice, for what a file is and for its bytes. Between the two a later step may be saved: they would keep its bytes
        // under the name of the earlier one's.
        await opened.DisposeAsync();
        context.Response.Headers.CacheControl = "no-cache";
        var repository = context.Request.RouteValues["owner"] is string owner ? $"{owner}/{task}" : task;
        return TypedResults.Redirect(
            $"{context.Request.PathBase}/{repository}/resolve/{opened.Commit}/{file}", permanent: false, preserveMethod: true);
    }

    private static void Describe(HttpResponse response, RestoredFile found)
    {
        response.Headers["X-Linked-Size"] = FormattableString.Invariant($"{found.Bytes}");
        response.Headers["X-Linked-ETag"] = $"\"{HubFile.TagOf(found)}\"";

        // Names of files need no escapes.
        response.Headers.ContentDisposition = $"inline; filename*=UTF-8''{found.Name}; filename=\"{found.Name}\";";
    }
}
