using System.Net.Http.Headers;
using FishCheckpoint.Packages.Tests.Support;
using Xunit;

namespace FishCheckpoint.Packages.Tests.SourcePaths;

/// <summary>
/// How many of the product's source files run for one request, from the middleware to the database's pages: each file of which a method
/// runs counts, unless it has no logic (<see cref="TracedServer"/>). Files outside of the domain's libraries (codec, tensors, masks,
/// deltas) are also counted by themselves. A file that runs for only some of several equal requests, as when a statement is prepared, does
/// not count.
/// </summary>
[Trait("Category", "Slow")]
public sealed class SourcePathTests : IDisposable
{
    // The aim for a PUT is 50 files. These only shrink.
    private const int FilesOfPut = 175;
    private const int OwnFilesOfPut = 101;
    private const int FilesOfGet = 103;
    private const int OwnFilesOfGet = 69;

    private static readonly string[] Libraries =
    [
        "src/FishCheckpoint/Codec/", "src/FishCheckpoint/Deltas/", "src/FishCheckpoint/Masks/", "src/FishCheckpoint/Tensors/",
    ];

    private readonly string folder = Directory.CreateTempSubdirectory("fish-paths-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PutAndGet_OfAFullModel_RunNoMoreFilesThanBefore()
    {
        var program = Tree.Path(["src", "FishCheckpoint.Cli", .. AppContext.BaseDirectory.TrimEnd('/', '\\').Split('/', '\\')[^3..]]);
        await Models.WriteAsync(folder);
        await using var server = await TracedServer.StartAsync(program, folder, Tree.Path(), Stop);
        await server.SendAsync(HttpMethod.Put, "/v1/bases/base", Body("model"), Stop);
        var task = new StringContent("""{"base":"base"}""", new MediaTypeHeaderValue("application/json"));
        await server.SendAsync(HttpMethod.Put, "/v1/tasks/task", task, Stop);
        var (puts, gets) = (new List<IReadOnlyList<string>>(), new List<IReadOnlyList<string>>());
        for (var step = 1; step < 6; step += 2)
        {
            await server.SendAsync(HttpMethod.Put, $"/v1/tasks/task/checkpoints/{step}", Body("model"), Stop);
            puts.Add(await server.SendAsync(HttpMethod.Put, $"/v1/tasks/task/checkpoints/{step + 1}", Body("step100"), Stop));
            gets.Add(await server.SendAsync(HttpMethod.Get, $"/v1/tasks/task/checkpoints/{step + 1}/model.safetensors", null, Stop));
        }

        RequireAtMost("PUT", puts, FilesOfPut, OwnFilesOfPut);
        RequireAtMost("GET", gets, FilesOfGet, OwnFilesOfGet);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static void RequireAtMost(string request, List<IReadOnlyList<string>> runs, int all, int own)
    {
        var files = runs.Aggregate(runs[0].AsEnumerable(), Enumerable.Intersect).ToArray();
        var found = files.Count(file => !Libraries.Any(library => file.StartsWith(library, StringComparison.Ordinal)));
        var said = $"{request}: {files.Length} files, {found} of them outside of the libraries of the domain:\n{string.Join('\n', files)}";
        Assert.NotEmpty(files);
        Assert.True(files.Length <= all && found <= own, $"At most {all} files and {own}.\n{said}");
    }

    private ByteArrayContent Body(string model) => new(File.ReadAllBytes(Path.Combine(folder, $"{model}.safetensors")))
    {
        Headers = { ContentType = new MediaTypeHeaderValue("application/vnd.safetensors") },
    };
}
