using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Client.Reading;

namespace FishCheckpoint.Client.Bases;

/// <summary>The routes under <c>/v1/bases</c>.</summary>
internal sealed class BaseCalls(FishHttp server, string spoolFolder)
{
    // Always a tar: whether a first file is the only one is not known before it is read, and the content type stands before it.
    public Task<Saved<BaseInfo>> AddAsync(string name, IAsyncEnumerable<UploadFile> files, CancellationToken cancellation) =>
        server.SaveAsync<BaseInfo>(
            Routes.Base(name), Bodies.TarOf(files, spoolFolder), request => request.Headers.ExpectContinue = true, cancellation);

    public Task<BaseInfo> GetAsync(string nameOrId, CancellationToken cancellation) =>
        server.JsonAsync<BaseInfo>(HttpMethod.Get, Routes.Base(nameOrId), cancellation);

    public Task<Page<BaseInfo>> ListAsync(PageRequest page, CancellationToken cancellation) =>
        server.JsonAsync<Page<BaseInfo>>(HttpMethod.Get, Routes.Page(Routes.Bases, page), cancellation);

    public Task<RemovedBase> DeleteAsync(string name, CancellationToken cancellation) =>
        server.JsonAsync<RemovedBase>(HttpMethod.Delete, Routes.Base(name), cancellation);

    public async Task<IModelReader> OpenAsync(string nameOrId, CancellationToken cancellation) =>
        await RemoteModelReader.OpenAsync(server, Routes.Base(nameOrId), verify: null, cancellation);
}
