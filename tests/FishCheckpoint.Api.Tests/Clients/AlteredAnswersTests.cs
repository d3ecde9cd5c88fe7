using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Pull;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Api.Tests.Clients;

/// <summary>The client behind something that changes, cuts or swaps what the server sends.</summary>
public sealed class AlteredAnswersTests : ApiTest
{
    private const string Shards = "/v1/tasks/shards/checkpoints";

    private static readonly TensorInfo[] Infos = [new("a", DType.F32, [700_000]), new("b", DType.BF16, [9])];

    [Theory]
    [InlineData(0)]
    [InlineData(CheckedBlocks.BlockSize - 1)]
    [InlineData(CheckedBlocks.BlockSize + 5)]
    [InlineData(2_400_000 + 41)]
    public async Task Load_OneByteFlippedOnce_GivesTheRightBytes(int place)
    {
        var (model, altered) = await SaveAsync();
        altered.Alter = (_, body) => body.Length > place && altered.Altered == 0 ? Flip(body, place) : body;

        Assert.Equal(model.ToBytes(), await LoadAsync(altered));
        Assert.Equal(1, altered.Altered);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1_500_000)]
    public async Task Load_TheSameByteFlippedAlways_IsRefusedAndLeavesNothing(int place)
    {
        var (_, altered) = await SaveAsync();
        altered.Alter = (request, body) =>
        {
            var offset = int.Parse(System.Web.HttpUtility.ParseQueryString(request.RequestUri!.Query)["offset"] ?? "0",
                System.Globalization.CultureInfo.InvariantCulture);
            return place >= offset && place - offset < body.Length ? Flip(body, place - offset) : body;
        };

        var error = await Assert.ThrowsAsync<FishException>(() => LoadAsync(altered));

        Assert.Equal(ErrorCode.DigestMismatch, error.Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_048_576)]
    [InlineData(1_900_000)]
    public async Task Load_CutOnce_GoesOnWhereItEnded(int length)
    {
        var (model, altered) = await SaveAsync();
        altered.Alter = (_, body) => body.Length > length && altered.Altered == 0 ? body[..length] : body;

        Assert.Equal(model.ToBytes(), await LoadAsync(altered));
    }

    [Fact]
    public async Task Load_CutAlways_IsRefused()
    {
        var (_, altered) = await SaveAsync();
        altered.Alter = (_, body) => body[..^1];

        var error = await Assert.ThrowsAsync<FishException>(() => LoadAsync(altered));

        Assert.Equal(ErrorCode.ServerUnavailable, error.Code);
    }

    [Fact]
    public async Task Load_SavedAgainBetweenTwoShards_IsRefused()
    {
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/shards", Tar(1), "application/x-tar"));
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/shards", """{"base":"shards"}"""));
        await ExpectAsync(HttpStatusCode.Created, PutAsync($"{Shards}/5", Tar(2), "application/x-tar"));
        await using var client = new FishClient(Client);
        await using var reader = await client.States.OpenAsync("shards", StepRef.At(5), Stop);
        await ReadAsync(reader, "model-1.safetensors");
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, $"{Shards}/5"));
        await ExpectAsync(HttpStatusCode.Created, PutAsync($"{Shards}/5", Tar(3), "application/x-tar"));

        var error = await Assert.ThrowsAsync<FishException>(() => ReadAsync(reader, "model-2.safetensors"));

        Assert.Equal(ErrorCode.CheckpointChanged, error.Code);
    }

    [Fact]
    public async Task Load_AnotherStepsBytesInTheAnswer_IsRefused()
    {
        var (_, altered) = await SaveAsync();
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/wide/checkpoints/8", TestModel.Create(9, null, Infos).ToBytes()));
        altered.Redirect = uri => uri.AbsolutePath.EndsWith("7/model.safetensors", StringComparison.Ordinal)
            ? new Uri(uri.AbsoluteUri.Replace("/7/", "/8/", StringComparison.Ordinal)) : uri;

        var error = await Assert.ThrowsAsync<FishException>(() => LoadAsync(altered));

        Assert.Equal(ErrorCode.CheckpointChanged, error.Code);
    }

    [Fact]
    public async Task State_Flipped_IsReadAgainOrRefused()
    {
        await SaveAsync();
        var state = new byte[2_500_000];
        new Random(3).NextBytes(state);
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/wide/checkpoints/7/state", state, "application/octet-stream"));
        using var altered = new AlteringHandler(Server.Address);
        altered.Alter = (_, body) => altered.Altered == 0 ? Flip(body, body.Length - 60) : body;

        Assert.Equal(state, await StateAsync(altered));

        altered.Alter = (_, body) => Flip(body, 9);
        Assert.Equal(ErrorCode.DigestMismatch, (await Assert.ThrowsAsync<FishException>(() => StateAsync(altered))).Code);
    }

    [Theory]
    [InlineData("checked=true&offset=5&length=7", 5, 7)]
    [InlineData("checked=true&offset=1048570&length=1048580", 1_048_570, 1_048_580)]
    [InlineData("checked=true&offset=2800000", 2_800_000, -1)]
    [InlineData("checked=true&length=0", 0, 0)]
    public async Task Checked_Part_HoldsItsBlocksAndTheirDigests(string query, int offset, int length)
    {
        var (model, altered) = await SaveAsync();
        altered.Dispose();
        var bytes = model.ToBytes();
        var wanted = bytes.AsMemory(offset, length < 0 ? bytes.Length - offset : length);

        using var response = await ExpectAsync(HttpStatusCode.OK, GetAsync($"/v1/tasks/wide/checkpoints/7/model.safetensors?{query}"));
        var body = await response.Content.ReadAsByteArrayAsync(Stop);

        Assert.Equal((CheckedBlocks.MediaType, CheckedBlocks.LengthOf(wanted.Length)),
            (response.Content.Headers.ContentType?.MediaType, body.LongLength));
        var at = 0;
        for (var done = 0; done < wanted.Length;)
        {
            var block = wanted.Slice(done, Math.Min(CheckedBlocks.BlockSize, wanted.Length - done));
            Assert.True(block.Span.SequenceEqual(body.AsSpan(at, block.Length)));
            var digest = System.Security.Cryptography.SHA256.HashData([.. BitConverter.GetBytes((long)offset + done), .. block.Span]);
            Assert.Equal(digest, body[(at + block.Length)..(at + block.Length + Digest.Size)]);
            (at, done) = (at + block.Length + Digest.Size, done + block.Length);
        }
    }

    [Theory]
    [InlineData("offset=-1")]
    [InlineData("offset=99999999999")]
    [InlineData("length=99999999999")]
    [InlineData("offset=9223372036854775807&length=9223372036854775807")]
    public async Task Checked_PartOutside_IsRefused(string query)
    {
        var (_, altered) = await SaveAsync();
        altered.Dispose();
        await RefusedAsync(
            HttpStatusCode.RequestedRangeNotSatisfiable, "RANGE_INVALID", () =>
                GetAsync($"/v1/tasks/wide/checkpoints/7/model.safetensors?checked=true&{query}"));
    }

    [Fact]
    public async Task Pull_ByteFlipped_IsReadAgainOrLeavesNothing()
    {
        var (model, altered) = await SaveAsync();
        using var http = new HttpClient(altered, disposeHandler: false) { BaseAddress = altered.Server };
        await using var client = new FishClient(http);
        var folder = Directory.CreateTempSubdirectory("fish-altered-").FullName;
        try
        {
            altered.Alter = (request, body) => request.RequestUri!.Query.Contains("offset=0", StringComparison.Ordinal) ? Flip(body, 77)
                : body;
            using var puller = ModelPuller.Open(client, new PullOptions { Task = "wide", Folder = folder });
            Assert.Equal(ErrorCode.DigestMismatch, (await Assert.ThrowsAsync<FishException>(() => puller.PullAsync(Stop))).Code);
            Assert.Empty(Directory.EnumerateDirectories(folder));

            var before = altered.Altered;
            altered.Alter = (_, body) => body.Length > 2_000_000 && altered.Altered == before ? Flip(body, 1_999_999) : body;
            var pulled = await puller.PullAsync(Stop);
            Assert.Equal(before + 1, altered.Altered);
            Assert.Equal(model.ToBytes(), await File.ReadAllBytesAsync(Path.Combine(pulled.Path, "model.safetensors"), Stop));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Pull_StepSavedAgainUnderAnotherHeader_BringsItsFiles()
    {
        var (model, altered) = await SaveAsync();
        using var http = new HttpClient(altered, disposeHandler: false) { BaseAddress = altered.Server };
        await using var client = new FishClient(http);
        var folder = Directory.CreateTempSubdirectory("fish-altered-").FullName;
        try
        {
            using var puller = ModelPuller.Open(client, new PullOptions { Task = "wide", Folder = folder });
            await puller.PullAsync(Stop);
            var withHeader = model.Under(new Dictionary<string, string>(StringComparer.Ordinal) { ["step"] = "7" }).ToBytes();
            await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/wide/checkpoints/7?overwrite=true", withHeader));

            var pulled = await puller.PullAsync(Stop);

            Assert.Equal(PullForm.Delta, pulled.Form);
            Assert.Equal(withHeader, await File.ReadAllBytesAsync(Path.Combine(pulled.Path, "model.safetensors"), Stop));
            Assert.Equal(PullForm.Current, (await puller.PullAsync(Stop)).Form);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Resume_StepSavedAgainWhileItIsRead_IsOfOneSave()
    {
        var (first, second, resumed) = (new TinyTrainer(new SeededRandom(3)), new TinyTrainer(new SeededRandom(4)),
            new TinyTrainer(new SeededRandom(5)));
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/tiny", first.ToFile()));
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/tiny", """{"base":"tiny"}"""));
        first.Step(1);
        second.Step(1);
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/tiny/checkpoints/1", first.ToFile()));
        using var altered = new AlteringHandler(Server.Address);
        altered.Before = async request =>
        {
            if (request.RequestUri!.AbsolutePath.EndsWith("1/model.safetensors", StringComparison.Ordinal))
            {
                altered.Before = _ => Task.CompletedTask;
                await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, "/v1/tasks/tiny/checkpoints/1"));
                await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/tiny/checkpoints/1", second.ToFile()));
            }
        };
        using var http = new HttpClient(altered, disposeHandler: false) { BaseAddress = altered.Server };
        await using var client = new FishClient(http);
        var warnings = new List<string>();
        await using var hook = new CheckpointHook(client, "tiny", resumed.Mask, resumed.BytesOf, new CheckpointHookOptions
        {
            SaveOnStop = false, State = resumed.State, OnWarning = warnings.Add,
        });

        await hook.ResumeAsync(cancellation: Stop);

        Assert.Equal(second.ToFile(), resumed.ToFile());
        Assert.Contains(warnings, warning => warning.Contains("CHECKPOINT_CHANGED", StringComparison.Ordinal)
            || warning.Contains("read again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resume_ByteFlippedAlways_SaysWhatTheModelHolds()
    {
        var (trainer, resumed) = (new TinyTrainer(new SeededRandom(3)), new TinyTrainer(new SeededRandom(5)));
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/tiny", trainer.ToFile()));
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/tiny", """{"base":"tiny"}"""));
        trainer.Step(1);
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/tiny/checkpoints/1", trainer.ToFile()));
        using var altered = new AlteringHandler(Server.Address);

        // Of all but the first parts, which are the header and the first tensor.
        altered.Alter = (request, body) => request.RequestUri!.Query.Contains("offset=0&", StringComparison.Ordinal) || altered.Passed < 3
            ? body : Flip(body, 0);
        using var http = new HttpClient(altered, disposeHandler: false) { BaseAddress = altered.Server };
        await using var client = new FishClient(http);
        await using var hook = new CheckpointHook(
            client, "tiny", resumed.Mask, resumed.BytesOf,
            new CheckpointHookOptions { SaveOnStop = false, RetryFor = TimeSpan.Zero, OnWarning = _ => { } });

        var error = await Assert.ThrowsAsync<FishException>(() => hook.ResumeAsync(cancellation: Stop));

        Assert.Equal(ErrorCode.DigestMismatch, error.Code);
        Assert.Contains("undefined", error.Cause, StringComparison.Ordinal);
    }

    private static byte[] Flip(byte[] body, int place)
    {
        body[place] ^= 0x10;
        return body;
    }

    private static byte[] Tar(int seed) => Support.Tar.Of(
        ("model-1.safetensors", TestModel.Create(seed, null, new TensorInfo("a", DType.F32, [50])).ToBytes()),
        ("model-2.safetensors", TestModel.Create(seed, null, new TensorInfo("b", DType.F32, [50])).ToBytes()));

    private static async Task<byte[]> ReadAsync(IModelReader reader, string file)
    {
        using var bytes = new MemoryStream();
        var pipe = System.IO.Pipelines.PipeWriter.Create(bytes, new System.IO.Pipelines.StreamPipeWriterOptions(leaveOpen: true));
        await reader.CopyToAsync(file, 0, reader.FileOf(file).Bytes, pipe, Stop);
        await pipe.CompleteAsync();
        return bytes.ToArray();
    }

    private static async Task<byte[]> LoadAsync(AlteringHandler altered)
    {
        using var http = new HttpClient(altered, disposeHandler: false) { BaseAddress = altered.Server };
        await using var client = new FishClient(http);
        await using var reader = await client.States.OpenAsync("wide", StepRef.At(7), Stop);
        var path = Path.Combine(Directory.CreateTempSubdirectory("fish-altered-").FullName, "model.safetensors");
        try
        {
            await reader.SaveFileAsync("model.safetensors", path, Stop);
            return await File.ReadAllBytesAsync(path, Stop);
        }
        catch
        {
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(path)!));
            throw;
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }

    private static async Task<byte[]> StateAsync(AlteringHandler altered)
    {
        using var http = new HttpClient(altered, disposeHandler: false) { BaseAddress = altered.Server };
        await using var client = new FishClient(http);
        await using var state = await client.States.OpenTrainerStateAsync("wide", StepRef.At(7), Stop);
        using var bytes = new MemoryStream();
        await state.CopyToAsync(bytes, Stop);
        return bytes.ToArray();
    }

    private async Task<(TestModel Model, AlteringHandler Altered)> SaveAsync()
    {
        var model = TestModel.Create(4, null, Infos);
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/wide", TestModel.Create(1, null, Infos).ToBytes()));
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/wide", """{"base":"wide"}"""));
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/wide/checkpoints/7", model.ToBytes()));
        return (model, new AlteringHandler(Server.Address));
    }

    /// <summary>Passes requests on, and changes bodies that are no JSON.</summary>
    private sealed class AlteringHandler(Uri server) : DelegatingHandler(new HttpClientHandler())
    {
        public Uri Server => server;

        public int Altered { get; private set; }

        public Func<HttpRequestMessage, byte[], byte[]> Alter { get; set; } = (_, body) => body;

        public int Passed { get; private set; }

        public Func<HttpRequestMessage, Task> Before { get; set; } = _ => Task.CompletedTask;

        public Func<Uri, Uri> Redirect { get; set; } = uri => uri;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Before(request);
            request.RequestUri = Redirect(request.RequestUri!);
            if (request.RequestUri.AbsolutePath.Contains("/8/", StringComparison.Ordinal))
            {
                request.Headers.IfMatch.Clear();
            }

            var response = await base.SendAsync(request, cancellationToken);
            var type = response.Content.Headers.ContentType?.MediaType;
            if (type is not (CheckedBlocks.MediaType or Safetensors or "application/octet-stream"))
            {
                return response;
            }

            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            var (length, before) = (body.Length, (byte[])body.Clone());
            body = Alter(request, body);
            Passed++;
            Altered += body.AsSpan().SequenceEqual(before) ? 0 : 1;
            var content = new StreamContent(new MemoryStream(body));
            content.Headers.ContentType = response.Content.Headers.ContentType;
            content.Headers.ContentLength = length;
            response.Content = content;
            return response;
        }
    }
}
