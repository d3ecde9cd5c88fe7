using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Clients;

/// <summary>The client sends the bytes of a side file only where the task does not have it.</summary>
public sealed partial class KnownSideFileTests : ApiTest
{
    private static readonly TestModel Model = TestModel.Create(1, null, new TensorInfo("a", DType.F32, [64]));

    [Fact]
    public async Task Save_SideFilesThatTheTaskHas_GoByTheirDigests()
    {
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/sided", Model.ToBytes()));
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/sided", """{"base":"sided"}"""));
        var folder = Directory.CreateTempSubdirectory("fish-sides-").FullName;
        using var sent = new NotingHandler();
        using var http = new HttpClient(sent, disposeHandler: false) { BaseAddress = Server.Address };
        await using var client = new FishClient(http);
        try
        {
            async Task<string[]> SaveAsync(long step)
            {
                sent.Names.Clear();
                using var opened = ModelFolder.Open(Model.Change((int)step).Write(Path.Combine(folder, $"{step}")));
                SideFile[] sides = [new("config.json", Path.Combine(folder, "config.json")),
                    new("sub/vocab.txt", Path.Combine(folder, "vocab.txt"))];
                await client.Checkpoints.SaveAsync(
                    "sided", step, new CheckpointContent.Full(opened), new SaveOptions { SideFiles = sides }, Stop);
                await using var reader = await client.States.OpenAsync("sided", StepRef.At(step), Stop);
                Assert.Equal(await File.ReadAllBytesAsync(sides[0].Path, Stop), await reader.ReadAsync("config.json"));
                Assert.Equal(await File.ReadAllBytesAsync(sides[1].Path, Stop), await reader.ReadAsync("sub/vocab.txt"));
                return [.. sent.Names];
            }

            await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), "{}", Stop);
            await File.WriteAllTextAsync(Path.Combine(folder, "vocab.txt"), "words", Stop);
            Assert.Equal(["config.json", "sub/vocab.txt"], await SaveAsync(1));
            Assert.Empty(await SaveAsync(2));
            await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), """{"b":1}""", Stop);
            Assert.Equal(["config.json"], await SaveAsync(3));

            // Written again within one tick of its modification time.
            var config = Path.Combine(folder, "config.json");
            foreach (var (step, text) in new[] { (5, """{"c":1}"""), (6, """{"d":1}""") })
            {
                await File.WriteAllTextAsync(config, text, Stop);
                File.SetLastWriteTimeUtc(config, new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc));
                Assert.Equal(["config.json"], await SaveAsync(step));
            }

            // The server has lost what the client knows of: it is sent after all.
            await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, "/v1/tasks/sided"));
            await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/sided", """{"base":"sided"}"""));
            Assert.Equal(["config.json", "sub/vocab.txt"], await SaveAsync(4));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Notes the names of the files in what is sent.</summary>
    private sealed partial class NotingHandler() : DelegatingHandler(new HttpClientHandler())
    {
        public List<string> Names { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Content is { } content && content.Headers.ContentType?.MediaType == "multipart/form-data")
            {
                await content.LoadIntoBufferAsync(cancellationToken);
                var body = Encoding.Latin1.GetString(await content.ReadAsByteArrayAsync(cancellationToken));
                Names.AddRange(FilePart().Matches(body).Select(part => part.Groups["name"].Value));
            }

            return await base.SendAsync(request, cancellationToken);
        }

        [GeneratedRegex(
            "name=\"?file\"?; filename=\"?(?<name>[^\";\r]+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
        private static partial Regex FilePart();
    }
}
