using System.Formats.Tar;
using System.Net;
using System.Security.Cryptography;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Bases;

public sealed class BasesApiTests : ApiTest
{
    private const string TarType = "application/x-tar";

    [Fact]
    public async Task Put_Twice_IsCreatedThenOk()
    {
        var model = TestModel.Create(2).ToBytes();
        var created = await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/second", model, "application/octet-stream"));
        Assert.Equal("/v1/bases/second", created.Headers.Location?.OriginalString);
        var info = await JsonAsync<BaseInfo>(created);
        Assert.Equal((Digest.Of(model), model.LongLength, 7), (info.Id, info.Bytes, info.Tensors));
        var same = await ExpectAsync(HttpStatusCode.OK, PutAsync("/v1/bases/second", model));
        Assert.Equal(info.Id, (await JsonAsync<BaseInfo>(same)).Id);
        Assert.Equal(info.Id, (await JsonAsync<BaseInfo>($"/v1/bases/{info.Id}")).Id);
    }

    [Fact]
    public Task Put_OtherContent_IsRefused() =>
        RefusedAsync(HttpStatusCode.Conflict, "BASE_TAKEN", () => PutAsync("/v1/bases/base", TestModel.Create(2).ToBytes()));

    [Fact]
    public async Task Put_Digest_IsVerified()
    {
        var model = TestModel.Create(2).ToBytes();
        var right = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(model))}:";
        var wrong = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(Base.ToBytes()))}:";
        await RefusedAsync(
            (HttpStatusCode)422, "DIGEST_MISMATCH", () => PutAsync("/v1/bases/second", model, Safetensors, ("Repr-Digest", wrong)));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "REQUEST_INVALID",
            () => PutAsync("/v1/bases/second", model, Safetensors, ("Repr-Digest", "sha-256=nonsense")));
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/second", model, Safetensors, ("Repr-Digest", right)));
    }

    [Fact]
    public async Task Put_Hostile_IsRefused()
    {
        await RefusedAsync(
            HttpStatusCode.RequestEntityTooLarge, "HEADER_TOO_LARGE",
            () => PutAsync("/v1/bases/second", [.. TestModel.Long(long.MaxValue), 1, 2, 3]));
        await RefusedAsync(HttpStatusCode.BadRequest, "HEADER_DATA_MISMATCH", () => PutAsync("/v1/bases/second", Base.ToBytes()[..^1]));
        await RefusedAsync(HttpStatusCode.BadRequest, "HEADER_DATA_MISMATCH", () => PutAsync("/v1/bases/second", [.. Base.ToBytes(), 0]));
        await RefusedAsync(HttpStatusCode.BadRequest, "NOT_SAFETENSORS", () => PutAsync("/v1/bases/second", []));
        await RefusedAsync(HttpStatusCode.BadRequest, "HEADER_TRUNCATED", () => PutAsync("/v1/bases/second", [9, 0, 0, 0, 0, 0, 0, 0, 1]));
        await RefusedAsync(
            HttpStatusCode.UnsupportedMediaType, "MEDIA_TYPE_UNSUPPORTED",
            () => PutAsync("/v1/bases/second", Base.ToBytes(), "text/plain"));
        await RefusedAsync(HttpStatusCode.BadRequest, "NAME_INVALID", () => PutAsync("/v1/bases/..%2Fsecond", Base.ToBytes()));
    }

    [Fact]
    public async Task Put_Folder_GivesEachFileBack()
    {
        var (
            one, two) =
            (TestModel.Create(3, null, new TensorInfo("a", DType.F32, [5])),
            TestModel.Create(4, null, new TensorInfo("b", DType.BF16, [3])));
        var config = Tar.Text("""{"layers":2}""");
        var folder = Tar.Of(
            ("./model-1.safetensors", one.ToBytes()), ("config.json", config), ("model-2.safetensors", two.ToBytes()), (".hidden", config));
        var info = await JsonAsync<BaseInfo>(await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/sharded", folder, TarType)));
        Assert.Equal(["config.json", "model-1.safetensors", "model-2.safetensors"], info.Files.Select(file => file.Name));

        // Shards that came without an index are given back with one: loaders need it.
        var files = await JsonAsync<RestoredFile[]>("/v1/bases/sharded/files");
        Assert.Equal([.. info.Files.Select(file => file.Name), ShardIndex.FileName], files.Select(file => file.Name));
        Assert.Equal(one.ToBytes(), await BytesAsync("/v1/bases/sharded/files/model-1.safetensors"));
        Assert.Equal(config, await BytesAsync("/v1/bases/sharded/files/config.json"));
        await RefusedAsync(HttpStatusCode.NotFound, "FILE_NOT_FOUND", () => GetAsync("/v1/bases/sharded/files/other.json"));
        await RefusedAsync(HttpStatusCode.NotFound, "FILE_NOT_FOUND", () => GetAsync("/v1/bases/sharded/model.safetensors"));
        await ExpectAsync(HttpStatusCode.OK, PutAsync("/v1/bases/sharded", folder, TarType));
    }

    [Fact]
    public async Task Put_FolderWithSubFolders_GivesThemBackAndSaysWhatIsLeftOut()
    {
        var folder = Tar.Of(
            ("model.safetensors", Base.ToBytes()), ("./1_Pooling/config.json", Tar.Text("{}")), ("scaler.pt", [1]), ("a b.txt", [1]),
            (".git/HEAD", [1]));
        var info = await JsonAsync<BaseInfo>(await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/second", folder, TarType)));
        Assert.Equal([".git/HEAD", "a b.txt", "scaler.pt"], info.LeftOut!.Select(file => file.Name));
        Assert.Equal(Tar.Text("{}"), await BytesAsync("/v1/bases/second/files/1_Pooling/config.json"));
        Assert.Equal(Tar.Text("{}"), await BytesAsync("/v1/bases/second/files/1_Pooling%2Fconfig.json"));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "NAME_INVALID", () => GetAsync("/v1/bases/second/files/1_Pooling%2F..%2Fconfig.json"));
    }

    [Fact]
    public async Task Put_HostileFolder_IsRefused()
    {
        var (model, link) = (Base.ToBytes(), new PaxTarEntry(TarEntryType.SymbolicLink, "model.safetensors") { LinkName = "/etc/passwd" });
        await RefusedAsync(HttpStatusCode.BadRequest, "NAME_INVALID", () => PutAsync("/v1/bases/second", Tar.Of(link), TarType));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "NAME_INVALID",
            () => PutAsync("/v1/bases/second", Tar.Of(("../model.safetensors", model)), TarType));
        foreach (var name in
            new[] { "a/../model.safetensors", "/model.safetensors", "a//model.safetensors", @"a\model.safetensors", "c:model.safetensors" })
        {
            await RefusedAsync(
                HttpStatusCode.BadRequest, "NAME_INVALID", () => PutAsync("/v1/bases/second", Tar.Of((name, model)), TarType));
        }

        await RefusedAsync(
            HttpStatusCode.NotFound, "FILE_NOT_FOUND", () => PutAsync("/v1/bases/second", Tar.Of(("a/model.safetensors", model)), TarType));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "NAME_INVALID",
            () => PutAsync("/v1/bases/second", Tar.Of(("m.safetensors", model), ("m.safetensors", model)), TarType));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "BODY_TRUNCATED",
            () => PutAsync("/v1/bases/second", Tar.Of(("m.safetensors", model))[..50_000], TarType));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "BODY_TRUNCATED",
            () => PutAsync("/v1/bases/second", Tar.Of(("config.json", new byte[9999]))[..5000], TarType));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "BODY_TRUNCATED",
            () => PutAsync($"{Steps}/1", Tar.Of(("model.safetensors", model))[..50_000], TarType));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "REQUEST_INVALID",
            () => PutAsync("/v1/bases/second", [.. Enumerable.Repeat((byte)7, 2048)], TarType));
        await RefusedAsync(
            HttpStatusCode.NotFound, "FILE_NOT_FOUND", () => PutAsync("/v1/bases/second", Tar.Of(("config.json", [1])), TarType));
    }

    [Fact]
    public async Task List_ByPages_GivesEachOnce()
    {
        foreach (var name in new[] { "d", "c", "a" })
        {
            await ExpectAsync(HttpStatusCode.Created, PutAsync($"/v1/bases/{name}", Base.ToBytes()));
        }

        var (path, names) = ("/v1/bases?limit=3", new List<string>());
        for (var pages = 0; path.Length > 0; pages++)
        {
            Assert.InRange(pages, 0, 1);
            using var response = await ExpectAsync(HttpStatusCode.OK, GetAsync(path));
            names.AddRange((await JsonAsync<Page<BaseInfo>>(response)).Items.Select(item => item.Name));
            path = response.Headers.TryGetValues("Link", out var links) ? links.Single()[1..^">; rel=\"next\"".Length] : "";
        }

        Assert.Equal(["a", "base", "c", "d"], names);
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => GetAsync("/v1/bases?limit=0"));
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => GetAsync("/v1/bases?limit=1001"));
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => GetAsync("/v1/bases?limit=many"));
    }

    [Fact]
    public async Task Get_Model_IsTheFile()
    {
        using var response = await ExpectAsync(HttpStatusCode.OK, GetAsync("/v1/bases/base/model.safetensors"));
        Assert.Equal(Base.ToBytes(), await response.Content.ReadAsByteArrayAsync(Stop));
        Assert.Equal(
            $"sha-256=:{Convert.ToBase64String(SHA256.HashData(Base.ToBytes()))}:", response.Headers.GetValues("Repr-Digest").Single());
        await RefusedAsync(HttpStatusCode.NotFound, "BASE_NOT_FOUND", () => GetAsync("/v1/bases/none/model.safetensors"));
    }
}
