using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Client.Reading;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Client.Bases;

/// <summary>The routes under <c>/v1/bases</c>.</summary>
internal sealed class BaseCalls(FishHttp server, string spoolFolder) : IBases
{
    // Always a tar: the content type precedes the files, before the client knows whether the first file is the only one.
    public Task<Saved<BaseInfo>> AddAsync(string name, IAsyncEnumerable<UploadFile> files, CancellationToken cancellationToken = default) =>
        server.SaveAsync<BaseInfo>(
            Routes.Base(name), Bodies.TarOf(files, spoolFolder), request => request.Headers.ExpectContinue = true, cancellationToken);

    public Task<BaseInfo> GetAsync(string nameOrId, CancellationToken cancellationToken = default) =>
        server.JsonAsync<BaseInfo>(HttpMethod.Get, Routes.Base(nameOrId), cancellationToken);

    public AsyncPageable<BaseInfo> ListAsync(PageRequest? page = null, CancellationToken cancellationToken = default) =>
        server.List<BaseInfo>(Routes.Bases, page, cancellationToken);

    public Task<RemovedBase> DeleteAsync(string name, CancellationToken cancellationToken = default) =>
        server.JsonAsync<RemovedBase>(HttpMethod.Delete, Routes.Base(name), cancellationToken);

    public async Task<IModelReader> OpenAsync(string nameOrId, CancellationToken cancellationToken = default) =>
        await RemoteModelReader.OpenAsync(server, Routes.Base(nameOrId), verify: null, cancellationToken);
}
