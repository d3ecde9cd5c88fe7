using FishCheckpoint.Api.Restores;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Hub;

/// <summary>The route that returns a repository's files.</summary>
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

        // Clients send two requests: for a file's metadata and for its bytes. A save between the two would give them the later bytes under
        // the earlier name, so a moving revision redirects to its commit.
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

        // File names need no escapes.
        response.Headers.ContentDisposition = $"inline; filename*=UTF-8''{found.Name}; filename=\"{found.Name}\";";
    }
}
